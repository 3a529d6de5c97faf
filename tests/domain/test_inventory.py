"""A whole report replaces levels, an older or unfinished one nothing; what may be promised follows from both."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import chain, cycle

import pytest
from django.db import transaction

from dockline.domain.inventory import operations as inventory
from dockline.domain.inventory.lots import LotFilter, count_stored, list_told
from dockline.domain.inventory.models import Level, ReportedPage, ReportedRow, Reservation, UnmatchedLevel
from dockline.domain.inventory.operations import AppliedReport, Pages, Promise, StagedRow
from dockline.domain.inventory.queries import get_available, list_levels, sum_not_for_sale
from dockline.domain.orders import operations as orders
from dockline.domain.orders.models import SalesOrder
from dockline.domain.products.models import Variant
from dockline.domain.runs.models import Run
from dockline.domain.runs.rules import RunState
from dockline.kit import clock
from dockline.kit.errors import NotNow
from tests.domain.conftest import Shop, make_shop


def report(shop: Shop, as_of: datetime, **free: int | str) -> AppliedReport:
    """Apply a report of SKU=free, one more of each on hand."""
    run = shop.run()
    rows = [StagedRow(sku, "EA", Decimal(count) + 1, Decimal(count), Decimal(0)) for sku, count in free.items()]
    inventory.stage_rows(run.pk, [rows], channel_id=shop.channel.pk)
    return apply(shop, run.pk, as_of, rows=len(rows))


def apply(shop: Shop, run_id: int, as_of: datetime, *, rows: int) -> AppliedReport:
    with transaction.atomic():
        return inventory.apply_report(
            run_id,
            channel_id=shop.channel.pk,
            account_id=shop.account.pk,
            warehouse_id=shop.warehouse.pk,
            as_of=as_of,
            pages=Pages(staged={1: ""}, rows=rows),
        )


def levels(shop: Shop) -> dict[str, Decimal]:
    return dict(Level.objects.filter(warehouse=shop.warehouse).values_list("variant__sku", "free"))


@pytest.fixture
def now(shop: Shop) -> datetime:
    return clock.now()


def test_a_sku_the_report_leaves_out_has_no_stock(shop: Shop, now: datetime) -> None:
    shop.variant("A"), shop.variant("B")
    report(shop, now, A=5, B=7)
    applied = report(shop, now + timedelta(minutes=1), A=5)
    assert levels(shop) == {"A": 5, "B": 0}
    assert (applied.changed, applied.emptied) == (1, 1)
    empty = Level.objects.get(variant__sku="B")
    assert (empty.on_hand, empty.as_of) == (0, now + timedelta(minutes=1))
    assert {level.as_of for level in list_levels(account_id=None)} == {now + timedelta(minutes=1)}, (
        "confirmed is as new"
    )


def test_an_empty_report_empties_the_warehouse(shop: Shop, now: datetime) -> None:
    shop.variant("A")
    report(shop, now, A=5)
    assert report(shop, now + timedelta(minutes=1)).emptied == 1
    assert levels(shop) == {"A": 0}


def test_another_account_at_the_same_warehouse_keeps_its_stock(shop: Shop, now: datetime) -> None:
    shop.variant("A")
    other = make_shop("Other")
    Level.objects.create(warehouse=shop.warehouse, variant=other.variant("A"), on_hand=9, free=9, incoming=0, as_of=now)
    report(shop, now + timedelta(minutes=1), A=1)
    assert Level.objects.get(variant__account=other.account).free == 9
    assert Level.objects.get(variant__account=shop.account).free == 1


@pytest.mark.fault("D01")
def test_an_unknown_sku_is_kept_apart(shop: Shop, now: datetime) -> None:
    shop.variant("A")
    applied = report(shop, now, A=5, a=3, X=2)
    assert applied.unknown_skus == ("X", "a")
    assert levels(shop) == {"A": 5}
    assert dict(UnmatchedLevel.objects.values_list("sku", "free")) == {"a": 3, "X": 2}
    report(shop, now + timedelta(minutes=1), A=5, X=9)
    assert dict(UnmatchedLevel.objects.values_list("sku", "free")) == {"X": 9}


def test_an_older_report_never_overwrites_a_newer_level(shop: Shop, now: datetime) -> None:
    shop.variant("A"), shop.variant("B")
    report(shop, now, A=5, B=7)
    before = list(Level.objects.order_by("id").values())
    applied = report(shop, now - timedelta(seconds=1), A=1)
    assert list(Level.objects.order_by("id").values()) == before
    assert (applied.changed, applied.emptied) == (0, 0)


def test_an_older_report_promises_nothing(shop: Shop, now: datetime) -> None:
    shop.variant("A")
    report(shop, now, A=1)
    report(shop, now - timedelta(seconds=1), A=100)
    assert levels(shop) == {"A": 1}


@pytest.mark.fault("D10")
def test_a_report_that_is_still_being_read_is_no_level(shop: Shop, now: datetime) -> None:
    variant = shop.variant("A")
    report(shop, now, A=5)
    run = shop.run()
    told = [StagedRow("A", "EA", Decimal(99), Decimal(0), Decimal(0), is_sellable=False, lot="L1")]
    inventory.stage_rows(run.pk, [told], channel_id=shop.channel.pk)
    assert levels(shop) == {"A": 5}
    assert (sum_not_for_sale([variant.pk]), count_stored(LotFilter(None, "L1"))) == ({}, 0)
    assert [row.lot for row in list_told(Level.objects.get().pk)] == [""]
    assert get_available(shop.warehouse.pk, [variant.pk]) == {variant.pk: 5}
    report(shop, now + timedelta(minutes=1), A=6)
    assert levels(shop) == {"A": 6}, "another run's rows are not mixed in"
    assert ReportedRow.objects.filter(edition=run.pk).count() == 1
    inventory.drop_abandoned_rows(shop.channel.pk)
    assert ReportedRow.objects.filter(edition=run.pk).count() == 1, "a run that is still at it"
    inventory.drop_staged_rows(run.pk, channel_id=shop.channel.pk)
    assert ReportedRow.objects.filter(edition=run.pk).count() == 0
    assert levels(shop) == {"A": 6}


def test_lots_of_one_sku_are_added_up(shop: Shop, now: datetime) -> None:
    Variant.objects.filter(pk=shop.variant("A").pk).update(base_unit="KG")
    run = shop.run()
    inventory.stage_rows(
        run.pk,
        [
            [StagedRow("A", "KG", Decimal("1.5"), Decimal("1.25"), Decimal(2))],
            [StagedRow("A", "KG", Decimal(2), Decimal(-1), Decimal(0), page=2)],
        ],
        channel_id=shop.channel.pk,
    )
    apply(shop, run.pk, now, rows=2)
    level = Level.objects.get()
    assert (level.on_hand, level.free, level.incoming) == (Decimal("3.5"), Decimal("0.25"), 2)
    inventory.drop_staged_rows(run.pk, channel_id=shop.channel.pk)
    assert ReportedRow.objects.count() == 2, "what counts is not dropped"


def test_a_row_is_kept_to_the_letter_and_never_takes_another_ones_date(shop: Shop) -> None:
    day = date(2027, 2, 28)
    odd = [r"\N", "", "a\tb", "c\nd\r", r"e\f", "\x1d", "ü"]
    pages = [
        [
            StagedRow(sku, "EA", Decimal("-1.25"), Decimal("1E+3"), Decimal(0), lot=sku, expires_on=expires, page=page)
            for expires in dates
        ]
        for page, (sku, dates) in enumerate(zip(odd, cycle(([None, day, None], [day], [None])), strict=False), start=1)
    ]
    inventory.stage_rows(shop.run().pk, pages, channel_id=shop.channel.pk)
    rows = list(chain.from_iterable(pages))
    kept = ReportedRow.objects.order_by("id").values_list("sku", "lot", "on_hand", "free", "expires_on", "page")
    assert list(kept) == [(row.sku, row.lot, row.on_hand, row.free, row.expires_on, row.page) for row in rows]


def test_what_a_run_that_died_has_left_is_dropped_and_never_taken_for_all(shop: Shop, now: datetime) -> None:
    shop.variant("A")
    report(shop, now, A=5)
    dead, told = shop.run(), [StagedRow("A", "EA", Decimal(99), Decimal(99), Decimal(0))]
    inventory.stage_rows(dead.pk, [told], channel_id=shop.channel.pk)
    Run.objects.filter(pk=dead.pk).update(state=RunState.FAILED)

    inventory.drop_abandoned_rows(shop.channel.pk)

    assert set(ReportedRow.objects.values_list("edition", flat=True)) == set(
        ReportedPage.objects.values_list("edition", flat=True)
    )
    # It was only slow, and goes on: what it had read is no longer all there.
    with pytest.raises(NotNow, match="dropped meanwhile"):
        apply(shop, dead.pk, now + timedelta(minutes=1), rows=1)
    assert levels(shop) == {"A": 5}


def test_what_is_in_stock_is_named_and_what_is_not_is_not(shop: Shop, now: datetime) -> None:
    up, same, down, new, none = (shop.variant(sku) for sku in ("up", "same", "down", "new", "none"))
    report(shop, now, up=1, same=5, down=5)
    changed = {"up": 2, "same": 5, "down": 4, "new": 1, "none": 0}
    assert report(shop, now + timedelta(minutes=1), **changed).in_stock == (), "nobody waits"
    for variant in (up, same, down, new, none):
        shop.order(variant.sku, variant, 3, is_backordered=True)
    applied = report(shop, now + timedelta(minutes=2), **changed)
    assert set(applied.in_stock) == {up.pk, same.pk, down.pk, new.pk}
    assert none.pk not in applied.in_stock
    again = report(shop, now + timedelta(minutes=2), up=2, same=5, down=4, new=1, none=0)
    assert again.changed == 0


def test_raised_stock_wakes_the_backorders_that_want_it(shop: Shop, now: datetime) -> None:
    wanted, other = shop.variant("A"), shop.variant("B")
    waiting = shop.order("waiting", wanted, 3, is_backordered=True).order
    elsewhere = shop.order("other", other, 3, is_backordered=True).order
    flowing = shop.order("flowing", wanted, 3).order
    served = shop.order("served", wanted, 3, is_backordered=True)
    served.shipped_quantity = Decimal(3)
    served.save()
    assert orders.wake_backorders(shop.account.pk, variant_ids=[wanted.pk], now=now) == 1
    awake = SalesOrder.objects.filter(wake_at=now)
    assert list(awake) == [waiting]
    assert {elsewhere.pk, flowing.pk, served.order.pk} == set(
        SalesOrder.objects.filter(wake_at__isnull=True).values_list("id", flat=True)
    )


class TestAvailable:
    """Free there, less what we have promised and the warehouse could not know when it reported."""

    def promise(self, shop: Shop, variant: Variant, quantity: int, reference: str) -> Reservation:
        line = shop.shipment_line(reference, variant, quantity)
        inventory.reserve(
            [Promise(line.pk, variant.pk, Decimal(quantity))], warehouse_id=shop.warehouse.pk, now=clock.now()
        )
        return Reservation.objects.get(shipment_line=line)

    def available(self, shop: Shop, variant: Variant) -> Decimal:
        found = get_available(shop.warehouse.pk, [variant.pk])
        (row,) = list_levels(account_id=None) or (None,)
        if row is not None:
            assert row.available == found[variant.pk], "pages say the same as allocation"
        return found[variant.pk]

    def test_a_promise_counts_until_a_report_knows_of_it(self, shop: Shop, now: datetime) -> None:
        variant = shop.variant("A")
        report(shop, now, A=10)
        made = self.promise(shop, variant, 4, "S-1")
        assert self.available(shop, variant) == 6
        report(shop, now + timedelta(minutes=1), A=10)
        assert self.available(shop, variant) == 6, "not there yet: a new report cannot have subtracted it"
        inventory.mark_known_there([made.shipment_line.shipment_id], now=now + timedelta(minutes=2))
        assert self.available(shop, variant) == 6, "there, but the report is older"
        report(shop, now + timedelta(minutes=3), A=6)
        assert self.available(shop, variant) == 6, "the report has subtracted it, and we no longer do"

    def test_a_report_of_the_very_moment_is_not_trusted_to_know(self, shop: Shop, now: datetime) -> None:
        variant = shop.variant("A")
        made = self.promise(shop, variant, 4, "S-1")
        inventory.mark_known_there([made.shipment_line.shipment_id], now=now)
        report(shop, now, A=10)
        assert self.available(shop, variant) == 6
        report(shop, now + timedelta(microseconds=1), A=10)
        assert self.available(shop, variant) == 10

    def test_known_there_is_the_first_time_it_was_known(self, shop: Shop, now: datetime) -> None:
        made = self.promise(shop, shop.variant("A"), 4, "S-1")
        for minute in (1, 2):
            inventory.mark_known_there([made.shipment_line.shipment_id], now=now + timedelta(minutes=minute))
        made.refresh_from_db()
        assert made.known_there_at == now + timedelta(minutes=1)

    def test_a_released_promise_counts_no_more(self, shop: Shop, now: datetime) -> None:
        variant = shop.variant("A")
        report(shop, now, A=10)
        made, kept = self.promise(shop, variant, 4, "S-1"), self.promise(shop, variant, 3, "S-2")
        inventory.release([made.shipment_line.shipment_id], now=now)
        assert self.available(shop, variant) == 7
        inventory.release([kept.shipment_line.shipment_id], now=now)
        assert self.available(shop, variant) == 10

    def test_without_a_level_only_promises_count(self, shop: Shop, now: datetime) -> None:
        variant = shop.variant("A")
        assert self.available(shop, variant) == 0
        made = self.promise(shop, variant, 4, "S-1")
        inventory.mark_known_there([made.shipment_line.shipment_id], now=now)
        assert self.available(shop, variant) == -4

    def test_stock_elsewhere_is_elsewhere(self, shop: Shop, now: datetime) -> None:
        variant, other = shop.variant("A"), make_shop("Other")
        report(shop, now, A=10)
        self.promise(shop, variant, 4, "S-1")
        assert get_available(other.warehouse.pk, [variant.pk]) == {variant.pk: 0}
        assert get_available(shop.warehouse.pk, []) == {}
