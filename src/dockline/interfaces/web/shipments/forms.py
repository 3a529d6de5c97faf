"""What a person enters when a warehouse without a system has shipped."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms

from dockline.domain.shipments.listing import ShipmentLineRow


class ConfirmForm(forms.Form):
    """Quantities per line, and the parcel. Everything is prefilled as if all of it went out."""

    carrier = forms.CharField(max_length=100, required=False)
    service = forms.CharField(max_length=100, required=False)
    tracking_number = forms.CharField(max_length=100, required=False, label="Tracking number")
    tracking_url = forms.URLField(required=False, label="Tracking link", assume_scheme="https")

    def __init__(self, data: Mapping[str, Any] | None, *, lines: Sequence[ShipmentLineRow]) -> None:
        super().__init__(data, label_suffix="")
        self.lines = lines
        for line in lines:
            self.fields[_name(line)] = forms.DecimalField(
                min_value=Decimal(0),
                max_digits=20,
                decimal_places=6,
                initial=line.quantity.normalize(),
                label=f"Shipped of {line.sku}",
                localize=False,
                widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}),
            )

    def shipped(self) -> dict[int, Decimal]:
        """The quantities by shipment line."""
        return {line.id: self.cleaned_data[_name(line)] for line in self.lines}

    def line_fields(self) -> list[tuple[ShipmentLineRow, forms.BoundField]]:
        """Each line with its field, for the page."""
        return [(line, self[_name(line)]) for line in self.lines]

    def parcel_fields(self) -> list[forms.BoundField]:
        """The fields of the parcel, for the page."""
        return [self[name] for name in ("carrier", "service", "tracking_number", "tracking_url")]


def _name(line: ShipmentLineRow) -> str:
    return f"line_{line.id}"
