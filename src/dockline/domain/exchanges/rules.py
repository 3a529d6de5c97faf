"""What an exchange may be. Pure."""

from dockline.kit.choices import Choice


class ExchangeState(Choice):
    """The life of one message: intended before the call, then how it ended."""

    INTENDED = "intended", "Sending"
    DONE = "done", "Done"
    REFUSED = "refused", "Refused"
    NOT_SENT = "not_sent", "Not sent"
    UNKNOWN = "unknown", "Answer lost"
    FOUND = "found", "Answer lost, found there"
    ABSENT = "absent", "Answer lost, not there"
    FAILED = "failed", "Failed"


class ExchangeKind(Choice):
    """What a message was for."""

    EXPORT_SHIPMENT = "export_shipment", "Export shipment"
    CANCEL_SHIPMENT = "cancel_shipment", "Cancel shipment"
    FIND_SHIPMENT = "find_shipment", "Look up by reference"
    RECEIVE_SHIPMENT = "receive_shipment", "Receive shipment"
    RECEIVE_INVENTORY = "receive_inventory", "Receive inventory levels"
    EXPORT_PURCHASE = "export_purchase", "Export purchase order"
    FIND_PURCHASE = "find_purchase", "Look up by reference"
    CANCEL_PURCHASE = "cancel_purchase", "Cancel purchase order"
    EXPORT_PRODUCTS = "export_products", "Export products"
