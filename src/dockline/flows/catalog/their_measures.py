"""Read sizes and weights as a warehouse says them, in the unit of the product there or else of the channel."""

from decimal import Decimal

from dockline.connectors.contract.notices import ProductNotice, ProductNoticeUnit
from dockline.connectors.contract.spec import MeasuredIn
from dockline.domain.channels.queries import Connection
from dockline.domain.products.rules import NOT_MEASURED, Measures
from dockline.gateway import directory
from dockline.kit.measures import SizeUnit, WeightUnit, out_of, read_unit


class TheirMeasures:
    """What one channel measures in."""

    def __init__(self, connection: Connection) -> None:
        self._size, self._weight = connection.size_unit, connection.weight_unit
        self._spec = directory.get_connector(connection.connector).measures

    def explain_refusal(self, notice: ProductNotice) -> str:
        """Why the measures of a product cannot be taken; empty when they can."""
        for unit in notice.units:
            try:
                self.read(notice, unit, NOT_MEASURED)
            except ValueError as error:
                return f"Its unit {unit.code} cannot be read: {error}."
        return ""

    def read(self, notice: ProductNotice, unit: ProductNoticeUnit, held: Measures) -> Measures:
        """What one of a unit measures, in millimetres and grams; what says the same as what is held changes nothing.

        Raises ValueError.
        """
        size, weight = self._units_of(notice)
        said = (unit.length, unit.width, unit.height) if self._spec.sizes else (None, None, None)
        length, width, height = said
        return Measures(
            _read("length", length, size, held.length_mm),
            _read("width", width, size, held.width_mm),
            _read("height", height, size, held.height_mm),
            _read("weight", unit.weight if self._spec.weights else None, weight, held.weight_g),
        )

    def _units_of(self, notice: ProductNotice) -> tuple[SizeUnit, WeightUnit]:
        if self._spec.measured_in is not MeasuredIn.DYNAMIC:
            return self._size, self._weight
        size = read_unit(SizeUnit, notice.size_unit) if notice.size_unit else self._size
        weight = read_unit(WeightUnit, notice.weight_unit) if notice.weight_unit else self._weight
        return size, weight


def _read(name: str, said: Decimal | None, unit: SizeUnit | WeightUnit, held: Decimal | None) -> Decimal | None:
    try:
        return out_of(said, unit, stored=held)
    except ValueError as error:
        raise ValueError(f"{name} {said} {error}") from None
