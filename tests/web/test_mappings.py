"""The mapping views and the carriers master list without a browser: look, save, refuse, import, export."""

import io

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from dockline.domain.carriers.models import Carrier, Service
from dockline.domain.history.models import Event
from dockline.domain.issues.models import Issue
from dockline.domain.mappings.models import CarrierMapping, Draft, DraftRow, ReferenceMapping, SkuMapping
from dockline.domain.orders.models import SalesOrder
from dockline.domain.products.models import Product, Variant
from dockline.domain.shipments.models import Shipment
from dockline.flows import mappings
from tests.support.page_world import World

HEADER = "sku,channel_sku\r\n"


def view(world: World, kind: str) -> str:
    return reverse(f"channel-{kind}", args=[world.channel.pk])


def plan(operator: Client, world: World, kind: str, text: str | bytes, mode: str = "upsert") -> object:
    data = text.encode() if isinstance(text, str) else text
    file = io.BytesIO(data)
    file.name = "table.csv"
    address = reverse("channel-mapping-plan-new", args=[world.channel.pk, kind])
    return operator.post(address, {"file": file, "mode": mode}, follow=True)


def add_carriers(world: World) -> None:
    fedex = Carrier.objects.create(account=world.juniper, code="FEDEX", name="FedEx")
    Service.objects.create(carrier=fedex, code="GROUND", name="Ground")


def row(number: int, was: str = "", **cells: str) -> dict[str, str]:
    return {f"r{number}-was": was} | {f"r{number}-{name}": value for name, value in cells.items()}


def test_five_thousand_skus_answer_in_few_queries(
    operator: Client, world: World, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    product = Product.objects.create(account=world.juniper, name="P")
    variants = Variant.objects.bulk_create(
        [Variant(account=world.juniper, product=product, sku=f"S{n:04}", name="S") for n in range(5000)]
    )
    SkuMapping.objects.bulk_create(
        [SkuMapping(channel=world.channel, variant=one, channel_sku=f"cc-{one.sku}") for one in variants]
    )
    operator.get(view(world, "skus"))
    for address in ("skus", "carriers", "references"):
        with django_assert_max_num_queries(12):
            page = operator.get(view(world, address)).text
        if address == "skus":
            assert 'value="cc-S0000"' in page
            assert "Never used <b>5,000</b>" in page


def test_a_sku_is_mapped_searched_changed_and_taken_away(operator: Client, world: World) -> None:
    address = view(world, "skus")
    operator.post(address, row(0, sku="MUG-1", channel_sku="CC-1"))
    assert SkuMapping.objects.get().channel_sku == "CC-1"
    found = operator.get(f"{address}?q=cc-1", headers={"HX-Request": "true"}).text
    assert 'value="CC-1"' in found and "<html" not in found
    operator.post(address, row(0, '["MUG-1", "CC-1"]', sku="MUG-1", channel_sku="CC-2"))
    assert SkuMapping.objects.get().channel_sku == "CC-2"
    operator.post(address, row(0, '["MUG-1", "CC-2"]', sku="MUG-1", channel_sku=""))
    assert not SkuMapping.objects.exists()
    told = Event.objects.filter(subject_kind="mapping_skus").order_by("id").values_list("actor", "sentence")
    assert [actor for actor, _ in told] == ["operator"] * 3
    assert "MUG-1 = CC-2, was MUG-1 = CC-1" in operator.get(address).text


def test_the_latest_changes_are_on_the_page_and_the_older_one_click_away(operator: Client, world: World) -> None:
    address = view(world, "skus")
    for number in range(9):
        was = f'["MUG-1", "CC-{number - 1}"]' if number else ""
        operator.post(address, row(0, was, sku="MUG-1", channel_sku=f"CC-{number}"))

    page = operator.get(address).text
    assert "was MUG-1 = CC-0" in page and "history=all#history" in page
    assert page.count('class="told"') == 8
    older = operator.get(f"{address}?history=all").text
    assert older.count('class="told"') == 9 and "history=all#history" not in older


def test_somebody_elses_change_is_told_and_not_overwritten(operator: Client, world: World) -> None:
    operator.post(view(world, "skus"), row(0, sku="MUG-1", channel_sku="CC-1"))
    answer = operator.post(view(world, "skus"), row(0, '["MUG-1", "OLD"]', sku="MUG-1", channel_sku="MINE"))
    assert answer.status_code == 409
    assert "operator changed this meanwhile" in answer.text and 'value="MINE"' in answer.text
    assert SkuMapping.objects.get().channel_sku == "CC-1"


@pytest.mark.parametrize(
    ("value", "said"),
    [("x" * 201, "at most 200 fit"), ("a\x07b", "control character"), ("x" * 10_000, "at most 200 fit")],
)
def test_a_channel_sku_that_cannot_be_is_marked_at_its_field(
    value: str, said: str, operator: Client, world: World
) -> None:
    answer = operator.post(view(world, "skus"), row(0, sku="MUG-1", channel_sku=value))
    assert answer.status_code == 422
    assert said in answer.text and 'id="r0-error"' in answer.text
    assert not SkuMapping.objects.exists()


@pytest.mark.parametrize("value", ["=1+1", "<script>alert(1)</script>", " ", "\u202eabc", "'@x"])
@pytest.mark.fault("D14")
def test_odd_words_are_kept_exactly_and_shown_as_text(value: str, operator: Client, world: World) -> None:
    operator.post(view(world, "skus"), row(0, sku="MUG-1", channel_sku=value))
    assert SkuMapping.objects.get().channel_sku == value
    page = operator.get(view(world, "skus")).text
    assert "<script>alert" not in page


def test_near_spellings_are_offered(operator: Client, world: World) -> None:
    page = operator.get(view(world, "skus")).text
    assert "Almost the same" in page and 'value="mug-1 "' in page
    operator.post(view(world, "skus"), {"r0-sku": "MUG-1", "r0-channel_sku": "mug-1 "})
    assert SkuMapping.objects.get().channel_sku == "mug-1 "
    assert "Almost the same" not in operator.get(view(world, "skus")).text


def test_carriers_are_mapped_tried_and_removed(operator: Client, world: World) -> None:
    add_carriers(world)
    address = view(world, "carriers")
    assert "Not mapped <b>1</b>" in operator.get(address).text
    cells = {"carrier": "FEDEX", "service": "GROUND", "channel_carrier": "2nd Day Air*", "channel_service": ""}
    operator.post(address, row(0, **cells))
    exact = {**cells, "channel_carrier": "2nd Day", "primary": "yes"}
    operator.post(address, row(5, **exact))
    assert CarrierMapping.objects.count() == 2
    page = operator.get(f"{address}?try=2nd Day Air Saver").text
    assert 'by the row <span class="exact">2nd Day Air*</span>' in page
    assert "the primary row" in operator.get(f"{address}?try=FEDEX&try_service=GROUND").text
    was = '["FEDEX", "GROUND", "2nd Day", "", "yes"]'
    operator.post(address, {**row(0, was, **exact), "remove": "0"})
    assert CarrierMapping.objects.get().channel_carrier == "2nd Day Air*"


def test_a_carrier_that_is_not_on_the_list_is_refused_with_the_mend(operator: Client, world: World) -> None:
    cells = {"carrier": "DHL", "service": "", "channel_carrier": "D", "channel_service": ""}
    answer = operator.post(view(world, "carriers"), row(0, **cells))
    assert answer.status_code == 422
    assert "Carrier is no code of the carriers master list. Add it there first." in answer.text


def test_references_are_mapped_to_what_the_channel_lists(operator: Client, world: World) -> None:
    address = view(world, "references")
    page = operator.get(address).text
    assert "Sales order line" in page and "taken: it carries our line reference" not in page
    operator.post(address, row(0, object="sales_order", code="Gift", property="details.instructions"))
    assert ReferenceMapping.objects.get().property == "details.instructions"
    answer = operator.post(address, row(1, object="sales_order", code="PO", property="references.customer"))
    assert answer.status_code == 422 and "is no property of the channel" in answer.text
    assert "up to 1000" in operator.get(address).text


def test_what_a_connector_cannot_translate_says_so(operator: Client, world: World) -> None:
    page = operator.get(reverse("channel-carriers", args=[world.by_hand.pk])).text
    assert "takes no Carrier Mappings" in page


def test_an_import_is_seen_before_it_is_done(operator: Client, world: World) -> None:
    page = plan(operator, world, "skus", HEADER + "MUG-1,CC-1\r\n")
    assert "Apply 1 change" in page.text  # type: ignore[attr-defined]
    assert not SkuMapping.objects.exists()
    draft = Draft.objects.get()
    address = reverse("channel-mapping-plan", args=[world.channel.pk, "skus", draft.pk])
    assert (
        operator.get(reverse("channel-mapping-plan", args=[world.channel.pk, "carriers", draft.pk])).status_code == 404
    )
    done = operator.post(address, {"do": "apply"}, follow=True)
    assert "1 row is saved." in done.text
    assert SkuMapping.objects.get().channel_sku == "CC-1"
    assert operator.get(address).status_code == 404


@pytest.mark.parametrize("mode", ["add", "upsert", "replace"])
def test_what_is_exported_comes_back_byte_for_byte(mode: str, operator: Client, world: World) -> None:
    operator.post(view(world, "skus"), row(0, sku="MUG-1", channel_sku='=cmd,"1" \''))
    export = reverse("channel-mapping-export", args=[world.channel.pk, "skus"])
    exported = operator.get(export).content
    assert exported == b'sku,channel_sku\r\nMUG-1,"\'=cmd,""1"" \'"\r\n'
    page = plan(operator, world, "skus", exported, mode)
    assert "Everything is so already." in page.text  # type: ignore[attr-defined]
    assert operator.get(export).content == exported


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("sku,theirs\nA,B\n", "Row 1: the column channel_sku is missing"),
        ("Ä".encode("cp1252") + b",x\n", "this is not UTF-8 text"),
        (HEADER + "MUG-1\n", "row has 1 cells instead of 2"),
        (HEADER + "MUG-1,a\nMUG-1,b\n", "is in row 2 already"),
        (HEADER + "mug-1,a\n", "Did you mean"),
        ("", "The table is empty"),
    ],
)
def test_a_bad_table_is_answered_with_the_mend_and_nothing_changes(
    table: str | bytes, said: str, operator: Client, world: World
) -> None:
    page = plan(operator, world, "skus", table)
    assert said in page.text.replace("&#x27;", "'")  # type: ignore[attr-defined]
    assert "Apply" not in page.text  # type: ignore[attr-defined]
    assert not SkuMapping.objects.exists()


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (HEADER.encode() + b"MUG-1,a\r\n" * 1_000_000, "There are more than 10,000 rows. Split the table"),
        (
            HEADER.encode() + (b"x" * 60_000 + b"," + b"x" * 60_000 + b"\r\n") * 560,
            "The table is larger than 64 MB. Split it",
        ),
    ],
    ids=["a million rows", "more than 64 MB"],
)
def test_a_table_beyond_all_measure_is_refused_and_nothing_changes(
    table: bytes, said: str, operator: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mappings, "MOST_ROWS", 10_000)
    plan(operator, world, "skus", HEADER + "MUG-1,CC-1\r\n")
    before = list(DraftRow.objects.values())

    page = plan(operator, world, "skus", table, "replace")

    assert page.status_code == 422 and said in page.text  # type: ignore[attr-defined]
    assert list(DraftRow.objects.values()) == before
    assert not SkuMapping.objects.exists()


def test_rows_in_error_are_reported_as_a_file(operator: Client, world: World) -> None:
    plan(operator, world, "skus", HEADER + "NOPE,a\nMUG-1,\n")
    report = operator.get(reverse("channel-mapping-report", args=[world.channel.pk, "skus", Draft.objects.get().pk]))
    assert report.text.splitlines() == [
        "row,field,reason",
        "2,sku,is no product's SKU",
        "3,channel_sku,is empty. Give the SKU at the channel",
    ]


def test_a_pasted_block_needs_no_header(operator: Client, world: World) -> None:
    address = reverse("channel-mapping-plan-new", args=[world.channel.pk, "skus"])
    page = operator.post(address, {"pasted": "MUG-1\tCC 1", "mode": "add"}, follow=True).text
    assert "Apply 1 change" in page and "CC 1" in page


def test_the_master_list_is_kept_per_account(operator: Client, world: World) -> None:
    assert "Choose an account" in operator.get(reverse("carriers")).text
    operator.post(reverse("scope"), {"account": world.juniper.pk})
    line = {"carrier": "FEDEX", "carrier_name": "FedEx", "service": "GROUND", "service_name": "Ground"}
    operator.post(reverse("carriers"), line)
    operator.post(reverse("carriers"), {"carrier": "FEDEX", "carrier_name": "FedEx & Söhne"})
    assert "FedEx &amp; Söhne" in operator.get(reverse("carriers")).text
    exported = operator.get(reverse("carriers-export")).content
    back = operator.post(reverse("carriers-import"), {"pasted": exported.decode()}, follow=True).text
    assert "0 added, 0 renamed, 2 already so." in back
    assert operator.get(reverse("carriers-export")).content == exported
    trial = operator.post(reverse("carriers-import"), {"pasted": "UPS,UPS,,\n", "trial": "1"}).text
    assert "A trial: 1 added" in trial and not Carrier.objects.filter(code="UPS").exists()
    bad = operator.post(reverse("carriers-import"), {"pasted": "DHL,DHL,,\n,x,,\n"})
    assert bad.status_code == 422 and "Row 2: carrier is empty" in bad.text
    assert not Carrier.objects.filter(code="DHL").exists()
    carrier = Carrier.objects.get()
    operator.post(reverse("carriers"), {"remove": f"{carrier.pk}-{carrier.services.get().pk}"})
    operator.post(reverse("carriers"), {"remove": str(carrier.pk)})
    assert not Carrier.objects.exists()


def test_a_mapped_carrier_is_not_removed(operator: Client, world: World) -> None:
    add_carriers(world)
    operator.post(reverse("scope"), {"account": world.juniper.pk})
    cells = {"carrier": "FEDEX", "service": "GROUND", "channel_carrier": "F", "channel_service": ""}
    operator.post(view(world, "carriers"), row(0, **cells))
    page = operator.post(reverse("carriers"), {"remove": str(Carrier.objects.get().pk)}, follow=True).text
    assert "is mapped at CartonCloud · Sydney" in page
    assert Carrier.objects.exists()


def test_what_waits_is_named_with_its_orders_and_let_go_with_one_click(operator: Client, world: World) -> None:
    shipment = Shipment.objects.get(reference="SO-2-KQ2")
    Shipment.objects.filter(pk=shipment.pk).update(dispatch="ready", status="ready")
    SalesOrder.objects.filter(pk=shipment.order_id).update(carrier="FEDEX", service="GROUND")
    Issue.objects.filter(pk=world.refusal.pk).update(cause="mapping_missing", channel_id=world.channel.pk)

    page = operator.get(view(world, "carriers")).text
    assert "is not mapped. Mapping it releases 1 shipment:" in page
    assert f'<a href="{reverse("order", args=[shipment.order_id])}">SO-2</a>' in page
    assert f'href="{view(world, "carriers")}">Map it</a>' in operator.get(reverse("issues")).text

    adopt = reverse("channel-carriers-adopt", args=[world.channel.pk])
    done = operator.post(adopt, {"carrier": "FEDEX", "service": "GROUND"}, follow=True).text
    assert "1 row is saved; 1 shipment goes on." in done
    assert CarrierMapping.objects.get().channel_service == "GROUND"
    assert "Mapping it releases" not in done
