"""One request as an operation sees it, and the answer it gives."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from cartoncloud_simulator.api.bodies import leave_out
from cartoncloud_simulator.rules.refusals import Refusal, plain
from cartoncloud_simulator.world.entities import Client
from cartoncloud_simulator.world.quantities import read_exactly
from cartoncloud_simulator.world.world import World

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
NOBODY = Client(id="", secret="", name="", roles=[])


@dataclass(slots=True)
class Call:
    """An authenticated request; operations are plain functions of it, so they can also run later."""

    world: World
    client: Client
    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    url: str
    version: int = 1
    page_shift: int = 0

    def json(self) -> Any:
        """The body, numbers with a fraction as decimals."""
        try:
            return read_exactly(self.body.removeprefix(_BYTE_ORDER_MARK))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise plain(400, "The request body is not readable JSON") from None

    def json_object(self) -> dict[str, Any]:
        """The body where it must be an object; a member that is null is as good as none."""
        decoded = self.json()
        if not isinstance(decoded, dict):
            raise plain(400, "The request body must be a JSON object")
        if b"null" in self.body:
            leave_out(decoded, None)
        return decoded

    def without_empty(self, kept: dict[str, Any]) -> dict[str, Any]:
        """What is kept of the body, less what is empty in it."""
        if b'""' in self.body or b"null" in self.body:
            leave_out(kept, "", {})
        return kept

    def prefers(self, what: str) -> bool:
        """Whether a Prefer header, however it is written, asks for this."""
        sent = self.headers.get("prefer")
        asked = sent.split(",") if sent else ()
        return what in {part.partition(";")[0].replace(" ", "").replace('"', "").lower() for part in asked}

    def require_role(self, *roles: str) -> None:
        """One of these, where any is named."""
        if roles and set(roles).isdisjoint(self.client.roles):
            raise plain(403, "Access is denied")

    def sees_customer(self, customer_id: str) -> bool:
        return self.client.customer_ids is None or customer_id in self.client.customer_ids

    def sees_warehouse(self, warehouse_id: str) -> bool:
        return self.client.warehouse_ids is None or warehouse_id in self.client.warehouse_ids

    def sees(self, entity: Any) -> bool:
        return self.sees_customer(entity.customer_id) and self.sees_warehouse(entity.warehouse_id)

    def out_of_scope(self, what: str) -> Refusal:
        """What is told about something that exists for others only."""
        if self.world.settings.out_of_scope_status == 403:
            return plain(403, "Access is denied")
        return plain(404, f"{what} not found")


@dataclass(slots=True)
class Answer:
    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


Handler = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Operation:
    """A method on a path: its name for faults and counts, the roles of which one is needed, if a token is."""

    name: str
    handle: Handler
    roles: tuple[str, ...] = ()
    is_limited: bool = False
    is_open: bool = False
