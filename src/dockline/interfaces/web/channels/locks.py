"""What a channel's connector cannot do stays on the page, disabled, with the reason; and examples of the rest."""

from collections.abc import Sequence
from dataclasses import replace

from dockline.connectors.contract.capabilities import Capability
from dockline.connectors.contract.settings import SettingField
from dockline.connectors.contract.spec import Offer
from dockline.domain.channels.queries import ChannelRow
from dockline.domain.channels.rules import ProductDescription, describe_product
from dockline.flows import connection
from dockline.kit.errors import Problem

PART_WORDS = {"phone": "telephone", "email": "e-mail address", "instructions": "delivery instructions"}
EXAMPLE = {"product_name": "Cotton T-shirt", "variant_name": "L"}


def locks_of(channel: ChannelRow) -> dict[str, str]:
    """Why some choices cannot be made with this connector, by name."""
    try:
        spec = connection.describe_connector(channel.connector)
    except Problem:
        return {}
    locked: dict[str, str] = {}
    if Capability.RECEIVE_INVENTORY not in spec.capabilities:
        words = f"“{spec.label}” reports no stock, so whole orders are always sent."
        locked |= {"backorder_mode": words, "partial_backorder": words}
    for name, offered in (("size_unit", spec.measures.sizes), ("weight_unit", spec.measures.weights)):
        if not offered:
            locked[name] = f"“{spec.label}” exchanges none, so it is without effect."
    if Offer.SUPPRESSES_PERSONAL not in spec.offers:
        locked["suppress_personal"] = f"“{spec.label}” needs all of it."
    if Offer.RECEIVES_LOTS not in spec.offers:
        locked |= dict.fromkeys(("pass_lots", "lot"), f"“{spec.label}” tells no lot or serial numbers.")
    return locked


def offered_of(channel: ChannelRow, fields: Sequence[SettingField]) -> list[SettingField]:
    """The choices with only those units that the channel's connector can be told; what is chosen now stays."""
    try:
        measures = connection.describe_connector(channel.connector).measures
    except Problem:
        return list(fields)
    offered = {"size_unit": measures.sizes, "weight_unit": measures.weights}
    return [
        replace(
            field,
            choices=tuple(
                choice
                for choice in field.choices
                if choice[0] in offered[field.name] or choice[0] == channel.columns[field.name]
            ),
        )
        if field.name in offered
        else field
        for field in fields
    ]


def examples_of(channel: ChannelRow) -> dict[str, str]:
    """What some choices would do, by name."""
    try:
        spec = connection.describe_connector(channel.connector)
    except Problem:
        return {}
    forms = [f"{choice.label}: “{describe_product(choice, **EXAMPLE)}”" for choice in ProductDescription]
    found = {"product_description": " · ".join(forms)}
    if spec.measures.advice:
        found["weight_unit"] = f"{spec.label}: {spec.measures.advice}"
    if spec.personal_parts:
        parts = ", ".join(PART_WORDS.get(part, part) for part in spec.personal_parts)
        found["suppress_personal"] = f"Not sent: {parts}. Still sent, for nothing arrives without: name and address."
    return found
