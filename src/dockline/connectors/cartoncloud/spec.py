"""Declares the CartonCloud connector."""

from collections.abc import Mapping

from dockline.connectors.cartoncloud.client import CREATE_ORDER_PACE
from dockline.connectors.cartoncloud.connector import CartonCloud
from dockline.connectors.cartoncloud.references import REFERENCES
from dockline.connectors.cartoncloud.settings import CartonCloudSettings
from dockline.connectors.contract.capabilities import Capability
from dockline.connectors.contract.spec import ConnectorSpec, Limits, Mappings, Pace, Status

JITTER_SECONDS = 3.0


def _paces(settings: CartonCloudSettings) -> Mapping[str, Pace]:
    if not settings.orders_per_minute:
        return {}
    # The far side counts a rolling minute by when requests arrive. Sixty seconds' worth exactly would put one too many
    # into that minute whenever the first is slower on its way than the last.
    return {CREATE_ORDER_PACE: Pace(seconds_between=(60 + JITTER_SECONDS) / settings.orders_per_minute)}


SPEC = ConnectorSpec(
    key="cartoncloud",
    label="CartonCloud",
    status=Status.PREVIEW,
    settings=CartonCloudSettings,
    capabilities=frozenset(
        {
            Capability.CHECK,
            Capability.EXPORT_SHIPMENTS,
            Capability.RECEIVE_SHIPMENTS,
            Capability.RECEIVE_INVENTORY,
            Capability.EXPORT_PRODUCTS,
        }
    ),
    open=CartonCloud,
    limits=Limits(lots=False, partial_cancel=False),
    mappings=Mappings(skus=True, carriers=True, references=REFERENCES),
    paces=_paces,
    origin=lambda settings: settings.api_url,
    personal_keys=frozenset(
        {
            "companyName",
            "contactName",
            "address1",
            "address2",
            "suburb",
            "city",
            "postcode",
            "phone",
            "telephone",
            "email",
            "location",
            "instructions",
        }
    ),
)
