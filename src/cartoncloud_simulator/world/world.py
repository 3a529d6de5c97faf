"""The simulated tenant as a whole: its state, and how a change gets into memory and journal alike."""

import os
import re
import secrets
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from cartoncloud_simulator.settings import (
    CustomerSettings,
    Settings,
    change_settings,
    resolve_customer_settings,
)
from cartoncloud_simulator.world import entities
from cartoncloud_simulator.world.catalogue import Catalogue
from cartoncloud_simulator.world.clock import Clock
from cartoncloud_simulator.world.durability import GroupSync
from cartoncloud_simulator.world.entities import (
    Change,
    Client,
    Consignment,
    Customer,
    Lot,
    Order,
    Product,
    ReportRun,
    Standing,
    StandingName,
    Subscription,
    Tenant,
    Warehouse,
)
from cartoncloud_simulator.world.filing import Document, FilingCabinet
from cartoncloud_simulator.world.inbound import InboundOrder
from cartoncloud_simulator.world.journal import FolderLock, Journal
from cartoncloud_simulator.world.ledger import Ledger
from cartoncloud_simulator.world.order_book import ConsignmentBook, InboundBook, OutboundBook
from cartoncloud_simulator.world.quantities import read_number, read_numeric_text
from cartoncloud_simulator.world.stockroom import Stockroom
from cartoncloud_simulator.world.timetable import Timetable
from cartoncloud_simulator.world.transport import TransportOffice, TransportThing

_REWRITE_FROM_LINES = 1_000
_IDS_AT_ONCE = 256
_ID_PARTS = re.compile(r"(.{8})(.{4})(.{4})(.{4})(.{12})")
_AS_VERSION = bytes(0x40 | byte & 0x0F for byte in range(256))
_AS_VARIANT = bytes(0x80 | byte & 0x3F for byte in range(256))
_random_ids: list[str] = []


class World:
    """Everything there is. Operations change it through `save` and `remove`, then `commit` once."""

    def __init__(self, folder: Path | None = None, *, fsync: bool = True) -> None:
        self.clock = Clock()
        self.timetable = Timetable(self.clock)
        self.settings = Settings()
        self.tenant = Tenant(id=new_id(), name="Northside 3PL", slug="northside-3pl", signing_key=secrets.token_hex(32))
        self.clients: dict[str, Client] = {}
        self.warehouses: dict[str, Warehouse] = {}
        self.customers: dict[str, Customer] = {}
        self.catalogue = Catalogue()
        self.stockroom = Stockroom()
        self.orders = OutboundBook()
        self.inbound_orders = InboundBook()
        self.consignments = ConsignmentBook()
        self.transport = TransportOffice()
        self.filing = FilingCabinet()
        self.report_runs: dict[str, ReportRun] = {}
        self._customer_settings: dict[str, CustomerSettings] = {}
        self._seq = 0
        self._numeric_ids: dict[str, int] = {}
        self._pending: list[Change] = []
        self.revision = 0
        self.hidden_until = 0.0
        self.secrets: set[str] = set()
        self.subscriptions: dict[str, Subscription] = {}
        self._standing: dict[str, Standing] = {}
        self.watch: Callable[[Change], None] | None = None
        self._ledger_marked = 0
        self._journal: Journal | None = None
        self._sync: GroupSync | None = None
        self._lock = FolderLock()
        self.ledger = Ledger()
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock.take(folder / "in-use.lock")
            self._journal = Journal(folder / "journal.jsonl")
            self.ledger = Ledger(folder / "ledger.jsonl")
            self._load()
            if fsync and self.ledger.handle is not None:
                self._sync = GroupSync((self.ledger.handle, self._journal.handle))

    @property
    def is_new(self) -> bool:
        return not self.clients

    def save(self, entity: Change) -> None:
        """Take a new or changed entity into memory and into the running transaction."""
        self._apply(entity)
        self.note(entity)

    def note(self, change: Change) -> None:
        """Record a change that memory already shows."""
        self._pending.append(change)
        if self.subscriptions and self.watch:
            self.watch(change)

    def tell(self, who: StandingName, what: Any) -> None:
        """Keep what somebody goes on doing until told otherwise; it is theirs to read after a restart."""
        self.save(Standing(who=who, told=msgspec.Raw(msgspec.json.encode(what))))

    def told(self, who: StandingName) -> bytes | None:
        """What they were told last, as JSON."""
        found = self._standing.get(who)
        return bytes(found.told) if found else None

    def remove(self, kind: str, entity_id: str) -> None:
        gone = entities.Gone(kind=kind, id=entity_id)
        # Whoever watches sees it while it is still there.
        self.note(gone)
        self._apply(gone)

    def commit(self) -> None:
        """Write what changed as one line; nothing is answered before this."""
        if self.ledger.seq > self._ledger_marked:
            self._ledger_marked = self.ledger.seq
            self._pending.append(entities.LedgerMark(seq=self._ledger_marked))
        if not self._pending:
            return
        pending, self._pending = self._pending, []
        self.revision += 1
        if self._journal:
            self._journal.append(pending)
        if self._sync:
            self._sync.mark_written()

    def _forget_documents(self) -> None:
        """What was encoded under other settings is stale."""
        self.orders.forget_documents()
        self.inbound_orders.forget_documents()
        self.consignments.documents.clear()
        self.catalogue.documents.clear()
        self.catalogue.item_details.clear()

    def hide_new(self, seconds: float) -> None:
        """Keep what the running transaction made out of searches for a while."""
        for change in self._pending:
            if isinstance(change, Order | InboundOrder):
                change.visible_at += seconds
                self.hidden_until = max(self.hidden_until, change.visible_at)

    @property
    def waits_for_disk(self) -> bool:
        """Whether what was committed may have to wait until it survives the machine."""
        return self._sync is not None

    async def settled(self) -> None:
        """Return once everything committed so far survives the machine; at once where nothing is kept."""
        if self._sync:
            await self._sync.wait()

    def next_seq(self) -> int:
        self._seq += 1
        return self._seq

    def next_version(self, version: int) -> int:
        """The version after a saved change; the first is 1."""
        return version + self.settings.version_step if version else 1

    def next_numeric_id(self, kind: str, customer_id: str) -> int:
        key = f"{kind}:{customer_id}" if self.settings.numeric_id_scope == "customer" else kind
        number = self._numeric_ids.get(key, 10_000) + 1
        self._numeric_ids[key] = number
        return number

    def change_settings(self, patch: dict[str, Any]) -> None:
        self.settings = change_settings(self.settings, patch)
        self._customer_settings.clear()
        self._forget_documents()
        self.note(entities.SettingsSaved(values=msgspec.to_builtins(self.settings)))

    def customer_settings(self, customer_id: str) -> CustomerSettings:
        found = self._customer_settings.get(customer_id)
        if found is None:
            overrides = self.customers[customer_id].settings
            found = self._customer_settings[customer_id] = resolve_customer_settings(self.settings, overrides)
        return found

    def read_number(self, value: Any) -> Decimal | None:
        """The number a caller means; one written as text counts where the tenant takes it."""
        if isinstance(value, str) and self.settings.numeric_strings_accepted:
            return read_numeric_text(value)
        return read_number(value)

    def default_warehouse(self) -> Warehouse:
        return next(iter(self.warehouses.values()))

    def zone_of(self, warehouse_id: str) -> str:
        return self.warehouses[warehouse_id].timezone

    def close(self) -> None:
        self.commit()
        if self._sync:
            self._sync.close()
            self._sync = None
        if self._journal:
            self._journal.close()
            self._journal = None
        self.ledger.close()
        self._lock.release()

    def _load(self) -> None:
        assert self._journal
        mark = 0
        for changes in self._journal.read():
            for change in changes:
                if isinstance(change, entities.LedgerMark):
                    mark = change.seq
                else:
                    self._apply(change)
        self.ledger.load(mark)
        self._ledger_marked = mark
        present = list(self._everything())
        if self._journal.lines > max(_REWRITE_FROM_LINES, 2 * len(present)):
            self._journal.rewrite(present)

    def _everything(self) -> Iterator[Change]:
        yield self.tenant
        yield self.clock.dial
        yield entities.SettingsSaved(values=msgspec.to_builtins(self.settings))
        yield from self._standing.values()
        yield from self.subscriptions.values()
        yield from self.clients.values()
        yield from self.warehouses.values()
        yield from self.customers.values()
        yield from self.catalogue.by_id.values()
        yield from self.stockroom.by_id.values()
        yield from sorted(self.orders.by_id.values(), key=lambda order: (order.modified_at, order.seq))
        yield from sorted(self.inbound_orders.by_id.values(), key=lambda order: (order.modified_at, order.seq))
        yield from self.transport.everything()
        yield from self.consignments.by_id.values()
        yield from self.filing.by_id.values()
        yield from self.report_runs.values()
        yield entities.LedgerMark(seq=self._ledger_marked)

    def _apply(self, change: Change) -> None:
        match change:
            case Order():
                self._seen(change.seq, "order", change.customer_id, change.numeric_id)
                if change.items:
                    newest = max([item.numeric_id for item in change.items])
                    self._seen(0, "item", change.customer_id, newest)
                self.clock.never_before(change.modified_at)
                self.hidden_until = max(self.hidden_until, change.visible_at)
                self.orders.put(change)
            case entities.OrderProgress():
                order = self.orders.by_id[change.id]
                for name in change.__struct_fields__[1:]:
                    setattr(order, name, getattr(change, name))
                self.clock.never_before(change.modified_at)
                self.orders.put(order)
            case InboundOrder():
                self._seen(change.seq, "inbound", change.customer_id, change.numeric_id)
                for received in change.items:
                    self._seen(0, "inbound_item", change.customer_id, received.numeric_id)
                self.clock.never_before(change.modified_at)
                self.inbound_orders.put(change)
            case entities.LotLevel():
                self.stockroom.set_level(change)
            case Lot():
                self._seen(change.seq)
                self.stockroom.put(change)
            case Product():
                self._seen(change.seq)
                self.catalogue.put(change)
                # Orders show names of products, so what was encoded with the old ones is stale.
                self.orders.forget_documents()
                self.inbound_orders.forget_documents()
            case Consignment():
                self._seen(change.seq, "consignment", change.customer_id, change.numeric_id)
                self.consignments.put(change)
            case Document():
                self.filing.put(change)
            case ReportRun():
                self.report_runs[change.id] = change
            case entities.Gone():
                self._forget(change)
            case _:
                self._apply_master_data(change)

    def _apply_master_data(self, change: Change) -> None:
        match change:
            case Customer():
                self.customers[change.id] = change
                self._customer_settings.pop(change.id, None)
            case Warehouse():
                self.warehouses[change.id] = change
            case Client():
                self.clients[change.id] = change
                self.secrets.add(change.secret)
            case Tenant():
                self.tenant = change
            case _ if isinstance(change, TransportThing):
                self._seen(getattr(change, "seq", 0))
                self.transport.put(change)
                # Consignments show names of what they are on.
                self.consignments.documents.clear()
            case Subscription():
                self.subscriptions[change.entity] = change
                self.secrets.update({change.secret} - {""})
            case Standing():
                self._standing[change.who] = change
            case entities.Dial():
                self.clock.resume(change)
            case entities.SettingsSaved():
                self.settings = msgspec.convert(change.values, Settings)
                self._customer_settings.clear()
            case _:
                raise TypeError(f"{type(change).__name__} is not something the state holds")

    def _forget(self, gone: entities.Gone) -> None:
        if gone.kind in ("order", "consignment"):
            self.filing.forget_owner(gone.id)
        if gone.kind == "order":
            self.orders.remove(gone.id)
        elif gone.kind == "consignment":
            self.consignments.remove(gone.id)
        elif gone.kind == "inbound":
            self.inbound_orders.remove(gone.id)
        elif gone.kind == "lot":
            self.stockroom.remove(gone.id)
        elif gone.kind == "webhook":
            del self.subscriptions[gone.id]
        elif gone.kind == "client":
            del self.clients[gone.id]
        else:
            del self.report_runs[gone.id]

    def _seen(self, seq: int, kind: str = "", customer_id: str = "", numeric_id: int = 0) -> None:
        if seq > self._seq:
            self._seq = seq
        if kind:
            for key in (f"{kind}:{customer_id}", kind):
                if numeric_id > self._numeric_ids.get(key, 0):
                    self._numeric_ids[key] = numeric_id


def new_id() -> str:
    """A random UUID, written as uuid4 would in a fraction of its time."""
    if not _random_ids:
        drawn = bytearray(os.urandom(16 * _IDS_AT_ONCE))
        drawn[6::16] = drawn[6::16].translate(_AS_VERSION)
        drawn[8::16] = drawn[8::16].translate(_AS_VARIANT)
        _random_ids.extend(map("-".join, _ID_PARTS.findall(drawn.hex())))
    return _random_ids.pop()
