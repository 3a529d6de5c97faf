"""Documents attached to orders and consignments."""

from collections import defaultdict

from msgspec import Struct

INVOICE = "OUTBOUND_ORDER_INVOICE"


class Document(Struct, tag="document", omit_defaults=True):
    """A file; `data` is its base64 text."""

    id: str
    owner_type: str
    owner_id: str
    kind: str
    name: str
    data: str
    printed: bool = False


class FilingCabinet:
    """Documents by id and by what they belong to."""

    def __init__(self) -> None:
        self.by_id: dict[str, Document] = {}
        self._of_owner: dict[str, dict[str, None]] = defaultdict(dict)

    def put(self, document: Document) -> None:
        self.by_id[document.id] = document
        self._of_owner[document.owner_id][document.id] = None

    def list_of(self, owner_id: str) -> list[Document]:
        return [self.by_id[document_id] for document_id in self._of_owner.get(owner_id, ())]

    def forget_owner(self, owner_id: str) -> None:
        for document_id in self._of_owner.pop(owner_id, ()):
            del self.by_id[document_id]

    def has_unprinted_invoice(self, order_id: str) -> bool:
        return any(document.kind == INVOICE and not document.printed for document in self.list_of(order_id))
