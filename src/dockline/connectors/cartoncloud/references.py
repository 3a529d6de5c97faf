"""Which fields of an order over there take our references, and how a reference gets into its field."""

from collections.abc import Mapping
from typing import Any

from dockline.connectors.contract.spec import Property, ReferenceLevel, ReferenceTarget

LONGEST = 255
LONGEST_INSTRUCTIONS = 1000
LINE_FIELDS = 10

_HEADER = (
    Property("details.instructions", "Packing instructions", LONGEST_INSTRUCTIONS),
    Property("references.*", "Another reference of the order", LONGEST, reserved=("customer", "numericId", "tracking")),
    Property("properties.*", "Custom field of the order, by its mapped name", LONGEST),
)
_DELIVERY = Property("details.deliver.instructions", "Delivery instructions", LONGEST_INSTRUCTIONS)
_STOCK = (
    Property("properties.batch", "Batch: only stock of it is used", LONGEST),
    Property("properties.expiryDate", "Expiry date: only stock of it is used", 10),
)

REFERENCES: Mapping[ReferenceLevel, ReferenceTarget] = {
    ReferenceLevel.SALES_ORDER: ReferenceTarget((_HEADER[0], _DELIVERY, *_HEADER[1:]), custom="properties.*"),
    ReferenceLevel.SALES_ORDER_LINE: ReferenceTarget(
        (
            *(
                Property(
                    f"properties.sop_custom_field_{number}",
                    f"Line field {number}",
                    LONGEST,
                    taken_by="line_reference_field",
                )
                for number in range(1, LINE_FIELDS + 1)
            ),
            *_STOCK,
        )
    ),
    ReferenceLevel.PURCHASE_ORDER: ReferenceTarget(_HEADER, custom="properties.*"),
    ReferenceLevel.PURCHASE_ORDER_LINE: ReferenceTarget((*_STOCK, Property("properties.*", "Stock field", LONGEST))),
}


def add_references(body: dict[str, Any], extra: Mapping[str, str]) -> None:
    """Put references into an order or an item, each at the path its property names.

    Instructions that are there already keep their text, and the reference follows on a line of its own.
    """
    for name, value in extra.items():
        *folders, last = name.split(".")
        place = body
        for folder in folders:
            place = place.setdefault(folder, {})
        place[last] = f"{place[last]}\n{value}" if place.get(last) else value
