"""Mappings in the database: one to one, planned before changed, remembered, and never half."""

from collections.abc import Callable, Sequence

import pytest
from django.db import IntegrityError, connection, transaction

from dockline.domain.carriers import operations as carriers
from dockline.domain.carriers import queries as carrier_queries
from dockline.domain.carriers.models import Carrier
from dockline.domain.carriers.rules import CarrierLine
from dockline.domain.history.models import Event
from dockline.domain.mappings import drafts, queries
from dockline.domain.mappings.drafts import DraftSummary, GivenRow, StalePlan
from dockline.domain.mappings.drafts_sql import BLUR
from dockline.domain.mappings.models import CarrierMapping, Draft, DraftRow, SkuMapping
from dockline.domain.mappings.rules import Level, MappingKind, Place, blur_sku
from dockline.domain.products.models import Product, Variant
from dockline.domain.tables.rules import ImportMode, Outcome
from dockline.kit import clock
from dockline.kit.errors import Conflict, Invalid, NotNow
from tests.domain.conftest import Shop

SKUS, CARRIERS, REFERENCES = MappingKind.SKUS, MappingKind.CARRIERS, MappingKind.REFERENCES
LEVELS = {
    "sales_order": Level((Place("details.instructions", "Notes", 9), Place("references.*", "", 9, ("customer",)))),
    "sales_order_line": Level((Place("properties.f1", "", 9, is_taken=True), Place("properties.f2", "", 9))),
}
Plan = Callable[..., DraftSummary]


@pytest.fixture
def plan(shop: Shop) -> Plan:
    """Plan a change of rows."""

    def make(kind: MappingKind, rows: Sequence[Sequence[str]], mode: ImportMode = ImportMode.UPSERT) -> DraftSummary:
        given = [GivenRow(at, tuple(cells)) for at, cells in enumerate(rows, 2)]
        return drafts.make_draft(
            shop.channel.pk,
            given,
            kind=kind,
            mode=mode,
            levels=LEVELS,
            source="a.csv",
            actor="Ada",
            now=clock.now(),
        )

    return make


def apply(summary: DraftSummary) -> DraftSummary:
    return drafts.apply_draft(summary.id, actor="Ada", now=clock.now())


def reasons(summary: DraftSummary) -> dict[int, tuple[str, str]]:
    rows = drafts.list_planned(summary.id, outcomes=[Outcome.REFUSED])
    return {row.at_row: (row.field, row.reason) for row in rows}


def there(shop: Shop, kind: MappingKind) -> list[tuple[str, ...]]:
    return list(queries.list_cells(shop.channel.pk, kind=kind))


def make_list(shop: Shop, *lines: str) -> None:
    parsed = [(at, CarrierLine(*line.split("/"))) for at, line in enumerate(lines, 2)]
    carriers.merge_lines(shop.account.pk, parsed, actor="Ada", now=clock.now())


def test_a_plan_says_what_becomes_of_each_row_and_changes_nothing(shop: Shop, plan: Plan) -> None:
    for sku in ("A", "B", "C"):
        shop.variant(sku)
    apply(plan(SKUS, [("A", "a1"), ("B", "b1")]))
    before = there(shop, SKUS), Event.objects.count()

    summary = plan(SKUS, [("A", "a1"), ("B", "b2"), ("C", "c1")])

    assert summary.counts == {Outcome.SAME: 1, Outcome.CHANGED: 1, Outcome.ADDED: 1}
    assert (there(shop, SKUS), Event.objects.count()) == before
    apply(summary)
    assert there(shop, SKUS) == [("A", "a1"), ("B", "b2"), ("C", "c1")]
    assert Draft.objects.count() == DraftRow.objects.count() == 0


def test_add_keeps_and_replace_removes(shop: Shop, plan: Plan) -> None:
    for sku in ("A", "B"):
        shop.variant(sku)
    apply(plan(SKUS, [("A", "a1")]))
    kept = plan(SKUS, [("A", "other"), ("B", "b1")], ImportMode.ADD)
    assert kept.counts == {Outcome.KEPT: 1, Outcome.ADDED: 1}
    apply(kept)
    assert there(shop, SKUS) == [("A", "a1"), ("B", "b1")]
    replaced = plan(SKUS, [("B", "b2")], ImportMode.REPLACE)
    assert replaced.counts == {Outcome.REMOVED: 1, Outcome.CHANGED: 1}
    apply(replaced)
    assert there(shop, SKUS) == [("B", "b2")]


def test_every_change_is_remembered_with_from_and_to(shop: Shop, plan: Plan) -> None:
    shop.variant("A")
    apply(plan(SKUS, [("A", "a1")]))
    apply(plan(SKUS, [("A", "a2")]))
    apply(plan(SKUS, [], ImportMode.REPLACE))
    events = Event.objects.filter(subject_kind="mapping_skus", subject_id=shop.channel.pk).order_by("id")
    assert [(event.actor, event.sentence) for event in events] == [
        ("Ada", "A = a1"),
        ("Ada", "A = a2, was A = a1"),
        ("Ada", "Removed: A = a2"),
    ]
    assert [(event.detail["from"], event.detail["to"]) for event in events] == [
        (None, ["A", "a1"]),
        (["A", "a1"], ["A", "a2"]),
        (["A", "a2"], None),
    ]
    assert Event.objects.filter(subject_kind="channel", subject_id=shop.channel.pk, kind="mapped").count() == 3


def test_sku_rows_in_error_are_named_and_nothing_can_be_applied(shop: Shop, plan: Plan) -> None:
    for sku in ("A", "B", "MUG-1", "taken"):
        shop.variant(sku)
    apply(plan(SKUS, [("B", "b1")]))
    rows = [("A", "x"), ("A", "y"), ("", "z"), ("MUG-1", ""), ("mug-1 ", "m"), ("1E+05", "n"), ("MUG-1", "b1")]
    summary = plan(SKUS, [*rows, ("taken", "x")])
    assert reasons(summary) == {
        3: ("sku", "is in row 2 already. Keep one of them"),
        4: ("sku", "is empty. Give the SKU of a product"),
        5: ("channel_sku", "is empty. Give the SKU at the channel"),
        6: ("sku", 'is no product\'s SKU. Did you mean "MUG-1"?'),
        7: ("sku", "is no product's SKU. A spreadsheet seems to have rewritten it: format the column as text"),
        8: ("channel_sku", "is the channel SKU of B already"),
        2: ("channel_sku", "is the channel SKU of taken already"),
        9: ("channel_sku", "is the channel SKU of A already"),
    }
    with pytest.raises(NotNow, match="8 rows are in error"):
        apply(summary)
    assert there(shop, SKUS) == [("B", "b1")]


def test_no_two_products_ever_answer_to_one_channel_sku(shop: Shop, plan: Plan) -> None:
    for sku in ("A", "B"):
        shop.variant(sku)
    assert reasons(plan(SKUS, [("A", "B")]))[2][0] == "channel_sku", "B would answer to it as well"
    swap = plan(SKUS, [("A", "B"), ("B", "A")])
    assert swap.refused == 0
    apply(swap)
    gone = drafts.make_draft(
        shop.channel.pk,
        [GivenRow(1, ("B", "A"), goes=True)],
        kind=SKUS,
        mode=ImportMode.UPSERT,
        levels={},
        source="",
        actor="Ada",
        now=clock.now(),
    )
    assert reasons(gone) == {1: ("sku", "cannot go back to its own SKU: it is the channel SKU of A")}
    with pytest.raises(IntegrityError), transaction.atomic():
        SkuMapping.objects.create(channel=shop.channel, variant=shop.variant("C"), channel_sku="A")
    with pytest.raises(IntegrityError), transaction.atomic():
        SkuMapping.objects.create(
            channel=shop.channel, variant_id=SkuMapping.objects.first().variant_id, channel_sku="Z"
        )


def test_a_stale_plan_is_refused(shop: Shop, plan: Plan) -> None:
    shop.variant("A")
    mine = plan(SKUS, [("A", "mine")])
    apply(plan(SKUS, [("A", "theirs")]))
    with pytest.raises(StalePlan, match="Ada changed these mappings"):
        apply(mine)
    assert there(shop, SKUS) == [("A", "theirs")]


def test_carriers_are_of_the_master_list_and_one_row_is_primary(shop: Shop, plan: Plan) -> None:
    make_list(shop, "FEDEX/FedEx/GROUND/Ground", "UPS/UPS//")
    rows = [
        ("FEDEX", "GROUND", "FDEG", "", "yes"),
        ("FEDEX", "GROUND", "Fed*", "*", "yes"),
        ("FEDEX", "AIR", "F", "A", "no"),
        ("DHL", "", "D", "", "no"),
        ("UPS", "", "U", "", "perhaps"),
        ("UPS", "", "", "", "no"),
        ("UPS", "", "FDEG", "", "no"),
    ]
    assert {at: field for at, (field, _) in reasons(plan(CARRIERS, rows)).items()} == {
        3: "primary",
        4: "service",
        5: "carrier",
        6: "primary",
        7: "channel_carrier",
        8: "channel_carrier",
    }
    apply(plan(CARRIERS, [rows[0], ("FEDEX", "GROUND", "Fed*", "*", "no")]))
    apply(plan(CARRIERS, [("FEDEX", "GROUND", "FX", "G", "yes")]))
    assert there(shop, CARRIERS) == [
        ("FEDEX", "GROUND", "FDEG", "", "no"),
        ("FEDEX", "GROUND", "FX", "G", "yes"),
        ("FEDEX", "GROUND", "Fed*", "*", "no"),
    ], "the new primary has taken it from the old one"
    assert reasons(plan(CARRIERS, [("FEDEX", "GROUND", "N", "", "yes")], ImportMode.ADD)) == {
        2: ("primary", "is yes, and so it is in another row of FEDEX GROUND. One can be")
    }
    with pytest.raises(IntegrityError), transaction.atomic():
        CarrierMapping.objects.update(is_primary=True)


def test_references_go_to_properties_the_connector_has(shop: Shop, plan: Plan) -> None:
    rows = [
        ("sales_order", "Gift", "details.instructions"),
        ("sales_order", "Note", "details.instructions"),
        ("sales_order", "PO", "references.customer"),
        ("sales_order", "PO2", "references.customerPo"),
        ("sales_order_line", "E", "properties.f1"),
        ("sales_order_line", "E2", "properties.f2"),
        ("receipt", "X", "properties.f2"),
    ]
    assert {at: field for at, (field, _) in reasons(plan(REFERENCES, rows)).items()} == {
        2: "property",
        3: "property",
        4: "property",
        6: "property",
        8: "object",
    }


@pytest.mark.parametrize("mode", ImportMode)
def test_what_is_exported_and_imported_again_is_the_same(mode: ImportMode, shop: Shop, plan: Plan) -> None:
    make_list(shop, "=FEDEX/FedEx/-GROUND/Ground", "FEDEX/FedEx//")
    rows = [("=FEDEX", "-GROUND", "'@", " 2nd Day* ", "no"), ("FEDEX", "", "é", "", "yes")]
    apply(plan(CARRIERS, rows))
    before = there(shop, CARRIERS)
    summary = plan(CARRIERS, before, mode)
    assert summary.counts == {Outcome.SAME: 2}
    apply(summary)
    assert there(shop, CARRIERS) == before


def test_five_thousand_rows_take_few_statements(shop: Shop, plan: Plan, django_assert_max_num_queries: object) -> None:
    product = Product.objects.create(account=shop.account, name="P")
    Variant.objects.bulk_create(
        [Variant(account=shop.account, product=product, sku=f"S{n}", name="S") for n in range(5000)]
    )
    with django_assert_max_num_queries(40):  # type: ignore[operator]
        summary = apply(plan(SKUS, [(f"S{n}", f"cc-{n}") for n in range(5000)]))
    assert summary.counts == {Outcome.ADDED: 5000}
    assert Event.objects.filter(subject_kind="mapping_skus").count() == 5000


def test_sql_blurs_as_the_rule_does(db: None) -> None:
    texts = ["MUG-1 ", "007", " a\tB\u00a0c", "Ä00", "0", "é É", "1E5"]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT array(SELECT {BLUR.format('one')} FROM unnest(%s::text[]) AS one)", [texts])
        assert cursor.fetchone() == ([blur_sku(text) for text in texts],)


def test_the_master_list_adds_and_renames_by_code_and_deletes_nothing(shop: Shop) -> None:
    make_list(shop, "FEDEX/FedEx/GROUND/Ground", "DHL/Déjà & Co//")
    parsed = [(2, CarrierLine("FEDEX", "FedEx Express", "AIR", "")), (3, CarrierLine("FEDEX", "", "GROUND", "By road"))]
    merged = carriers.merge_lines(shop.account.pk, parsed, actor="Ada", now=clock.now())
    assert (merged.added, merged.renamed, merged.same) == (1, 2, 0)
    assert list(carrier_queries.list_lines(shop.account.pk)) == [
        CarrierLine("DHL", "Déjà & Co"),
        CarrierLine("FEDEX", "FedEx Express"),
        CarrierLine("FEDEX", "FedEx Express", "AIR", "AIR"),
        CarrierLine("FEDEX", "FedEx Express", "GROUND", "By road"),
    ]
    renamed = Event.objects.filter(kind="carrier_renamed").order_by("id")
    assert [(event.detail["from"], event.detail["to"]) for event in renamed] == [
        ("FedEx", "FedEx Express"),
        ("Ground", "By road"),
    ]


@pytest.mark.parametrize("line", ["/Name//", "A/x//name", "A/" + "n" * 201 + "//", "c" * 101 + "/x//"])
def test_a_bad_line_of_the_master_list_changes_nothing(line: str, shop: Shop) -> None:
    with pytest.raises(Invalid, match="Row 3"), transaction.atomic():
        make_list(shop, "GOOD/Good//", line)
    assert not Carrier.objects.exists()


def test_a_carrier_that_is_mapped_stays(shop: Shop, plan: Plan) -> None:
    make_list(shop, "FEDEX/FedEx/GROUND/Ground")
    apply(plan(CARRIERS, [("FEDEX", "GROUND", "F", "G", "no")]))
    carrier = carrier_queries.list_carriers(account_id=None)[0]
    for remove in (
        lambda: carriers.remove_service(carrier.services[0].id, actor="Ada", now=clock.now()),
        lambda: carriers.remove_carrier(carrier.id, actor="Ada", now=clock.now()),
    ):
        with pytest.raises(Conflict, match="is mapped at Shop"), transaction.atomic():
            remove()
    apply(plan(CARRIERS, [], ImportMode.REPLACE))
    assert carriers.remove_carrier(carrier.id, actor="Ada", now=clock.now()) == "FEDEX"
