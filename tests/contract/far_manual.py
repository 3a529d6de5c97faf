"""A warehouse without a system as a far side: there is nobody to spoil an answer."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from decimal import Decimal
from typing import Any

from dockline.connectors.contract.messages import ProductMessage
from dockline.connectors.manual.spec import SPEC

from ..support.connector_runtime import MemoryRuntime


class FarManual:
    """Fulfils the suite's `FarSide`."""

    spec = SPEC
    answers = False

    def __init__(self) -> None:
        self.runtimes: list[MemoryRuntime] = []

    def close(self) -> None:
        for runtime in self.runtimes:
            runtime.http.close()

    def settings(self) -> dict[str, Any]:
        return {"note": "Ask Mei."}

    def wrong_settings(self) -> Mapping[str, dict[str, Any]]:
        return {}

    def open(self, settings: Mapping[str, Any] | None = None, *, deadline_seconds: float = 10.0) -> Any:
        parsed = SPEC.settings.model_validate(dict(settings or self.settings()))
        self.runtimes.append(MemoryRuntime(SPEC, parsed, deadline_seconds=deadline_seconds))
        return SPEC.open(parsed, self.runtimes[-1])

    def stock_up(self, product: ProductMessage, quantity: Decimal, *, lot: str = "") -> None:
        """A person knows what is on the shelf."""

    def let_cancel(self, allowed: bool) -> None:
        """Nobody here stands in the way."""

    def ship(self, external_id: str) -> None:
        raise NotImplementedError

    def count_shipments(self, reference: str) -> int:
        return sum(f"shipment:{reference}" in runtime.store.texts for runtime in self.runtimes)

    def take_in(self, external_id: str) -> None:
        raise NotImplementedError

    def let_go_of_purchases(self) -> None:
        raise NotImplementedError

    def count_purchases(self, reference: str) -> int:
        raise NotImplementedError

    def count_requests(self, operation: str) -> int:
        return sum(len(runtime.calls) for runtime in self.runtimes)

    def lose_answer(self, operation: str) -> None:
        raise NotImplementedError

    def lose_request(self, operation: str) -> None:
        raise NotImplementedError

    def keep_silent(self, operation: str, seconds: float) -> None:
        raise NotImplementedError

    def lagging_searches(self) -> AbstractContextManager[None]:
        raise NotImplementedError

    def short_pages(self, *, slipping: bool = False) -> AbstractContextManager[None]:
        raise NotImplementedError

    def answer_next(
        self, operation: str, status: int, *, body: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        raise NotImplementedError

    def kept_texts(self) -> Sequence[str]:
        return [text for runtime in self.runtimes for text in runtime.kept_texts()]
