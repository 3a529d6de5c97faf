"""What a channel's connector cannot do stays on the page, disabled, with the reason; and examples of the rest."""

from dockline.connectors.contract.capabilities import Capability
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
    if Offer.SUPPRESSES_PERSONAL not in spec.offers:
        locked["suppress_personal"] = f"“{spec.label}” needs all of it."
    if Offer.RECEIVES_LOTS not in spec.offers:
        locked |= dict.fromkeys(("pass_lots", "lot"), f"“{spec.label}” tells no lot or serial numbers.")
    return locked


def examples_of(channel: ChannelRow) -> dict[str, str]:
    """What some choices would do, by name."""
    try:
        spec = connection.describe_connector(channel.connector)
    except Problem:
        return {}
    forms = [f"{choice.label}: “{describe_product(choice, **EXAMPLE)}”" for choice in ProductDescription]
    found = {"product_description": " · ".join(forms)}
    if spec.personal_parts:
        parts = ", ".join(PART_WORDS.get(part, part) for part in spec.personal_parts)
        found["suppress_personal"] = f"Not sent: {parts}. Still sent, for nothing arrives without: name and address."
    return found
