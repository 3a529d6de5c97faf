"""What the conformance suite needs of a far side: a stub, a simulator or a sandbox, driven from a test."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from decimal import Decimal
from typing import Any, Protocol

from dockline.connectors.contract.messages import ProductMessage
from dockline.connectors.contract.spec import ConnectorSpec


class FarSide(Protocol):
    """A warehouse system under a test's control. `answers` is False when the connector speaks to nobody."""

    spec: ConnectorSpec
    answers: bool

    def settings(self) -> dict[str, Any]:
        """Settings that work, as a person would enter them."""

    def wrong_settings(self) -> Mapping[str, dict[str, Any]]:
        """Settings with one mistake each, by the name of the setting that the checklist should blame."""

    def open(self, settings: Mapping[str, Any] | None = None, *, deadline_seconds: float = 10.0) -> Any:
        """Open a new connector on a runtime whose store is empty, and whose calls end within the deadline."""

    def stock_up(self, product: ProductMessage, quantity: Decimal, *, lot: str = "") -> None:
        """Make a product known there and put this many base units on its shelf, of this lot if one is named."""

    def let_cancel(self, allowed: bool) -> None:
        """Let shipments that nobody works on be cancelled from now on, or no longer, where that is a setting there."""

    def ship(self, external_id: str) -> None:
        """Let the warehouse pick, pack and send a shipment."""

    def count_shipments(self, reference: str) -> int:
        """How many shipments with exactly this reference the far side ever accepted."""

    def take_in(self, external_id: str) -> None:
        """Let the warehouse receive a purchase order and confirm its quantities."""

    def let_go_of_purchases(self) -> None:
        """Have the warehouse agree from now on when one that has not come is taken back."""

    def count_purchases(self, reference: str) -> int:
        """How many purchase orders with exactly this reference are there."""

    def count_requests(self, operation: str) -> int:
        """How often an operation arrived there since the far side was made, faults included."""

    def lose_answer(self, operation: str) -> None:
        """Do the next one of these, but break the connection instead of answering."""

    def lose_request(self, operation: str) -> None:
        """Break the connection when the next one of these has arrived, and do not do it."""

    def keep_silent(self, operation: str, seconds: float) -> None:
        """Do the next one of these, but say nothing for so long."""

    def lagging_searches(self) -> AbstractContextManager[None]:
        """Inside the block, searches do not show what has just come in."""

    def short_pages(self, *, slipping: bool = False) -> AbstractContextManager[None]:
        """Inside the block a page holds two shipments.

        When `slipping`, one of a later page is on none: what stood before it went away while pages were read.
        """

    def answer_next(
        self, operation: str, status: int, *, body: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        """Answer the next one of these so instead of doing it."""

    def kept_texts(self) -> Sequence[str]:
        """Everything that was recorded of the calls: addresses, headers, bodies and errors."""


EXPORT = "export"
EXPORT_PURCHASE = "export_purchase"
FIND_PURCHASE = "find_purchase"
CANCEL_PURCHASE = "cancel_purchase"
FIND = "find"
CANCEL = "cancel"
PRODUCT = "product"
REPORT = "report"
"""The operations that a far side can be told to spoil."""
