"""Which way products travel: from the Master Product Source to every other channel, never both ways."""

from typing import Any

import pytest

from dockline.connectors.cartoncloud.products import Products
from dockline.domain.channels.models import Channel, Schedule
from dockline.domain.channels.queries import find_product_master, get_connection
from dockline.domain.exchanges.models import Link, Position
from dockline.domain.history.models import Event
from dockline.domain.issues.models import Issue
from dockline.domain.mappings.rules import MappingKind
from dockline.domain.products.models import UnitOfMeasure, Variant
from dockline.domain.runs.models import Run
from dockline.domain.runs.queries import list_plan_rows
from dockline.domain.runs.rules import RunKind
from dockline.flows import channel_life, connection, job_names, mappings, master, setup, sync
from dockline.flows.connection import Draft
from dockline.kit import clock
from dockline.kit.errors import NotNow
from tests.support.hub import Hub


def take_over(hub: Hub) -> None:
    master.choose_master(hub.account_id, channel_id=hub.channel_id, actor="Ada", now=clock.now())


def there(hub: Hub, *products: dict[str, Any]) -> None:
    assert hub.far is not None
    hub.far.control.post("/products", {"customer": hub.far.customer_id, "products": list(products)})


def import_products(hub: Hub) -> Run:
    run_id = sync.ask_sync(channel_id=hub.channel_id, kind=RunKind.IMPORT_PRODUCTS, actor="Ada", now=clock.now())
    hub.work()
    return Run.objects.get(pk=run_id)


def test_exactly_one_direction_is_offered(hub: Hub) -> None:
    offers = {offer.kind: offer.refusal for offer in sync.list_syncs(get_connection(hub.channel_id))}
    assert offers[RunKind.EXPORT_PRODUCTS] == ""
    assert "Dockline is the Master Product Source" in offers[RunKind.IMPORT_PRODUCTS]
    with pytest.raises(NotNow, match="Dockline is the Master Product Source"):
        sync.ask_sync(channel_id=hub.channel_id, kind=RunKind.IMPORT_PRODUCTS, actor="Ada", now=clock.now())

    take_over(hub)

    offers = {offer.kind: offer.refusal for offer in sync.list_syncs(get_connection(hub.channel_id))}
    assert offers[RunKind.IMPORT_PRODUCTS] == ""
    assert "not exported to it" in offers[RunKind.EXPORT_PRODUCTS]
    with pytest.raises(NotNow, match="not exported to it"):
        sync.ask_sync(channel_id=hub.channel_id, kind=RunKind.EXPORT_PRODUCTS, actor="Ada", now=clock.now())


def test_a_channel_that_goes_on_does_not_try_what_the_master_forbids(hub: Hub) -> None:
    connection.resume_channel(channel_id=hub.channel_id, actor="Ada", now=clock.now())
    hub.work()
    assert not Run.objects.filter(kind=RunKind.IMPORT_PRODUCTS).exists()


def test_recurring_jobs_follow_the_master(hub: Hub) -> None:
    def held() -> dict[str, int]:
        return dict(Schedule.objects.filter(channel_id=hub.channel_id).values_list("job", "every_seconds"))

    assert held()[job_names.EXPORT_PRODUCTS] == 3600 and held()[job_names.IMPORT_PRODUCTS] == 0
    take_over(hub)
    assert held()[job_names.EXPORT_PRODUCTS] == 0 and held()[job_names.IMPORT_PRODUCTS] == 3600
    master.choose_master(hub.account_id, channel_id=None, actor="Ada", now=clock.now())
    assert held()[job_names.EXPORT_PRODUCTS] == 3600 and held()[job_names.IMPORT_PRODUCTS] == 0
    sentences = list(
        Event.objects.filter(detail__field="master_product_source").order_by("id").values_list("sentence", flat=True)
    )
    assert sentences == [
        "Master Product Source: Dockline → cartoncloud · Brisbane.",
        "Master Product Source: cartoncloud · Brisbane → Dockline.",
    ]


def test_a_warehouse_without_products_cannot_be_the_master(hub: Hub) -> None:
    Channel.objects.filter(pk=hub.channel_id).update(connector="manual")
    with pytest.raises(NotNow, match="cannot be the master"):
        take_over(hub)


def test_products_are_created_updated_and_deactivated(hub: Hub) -> None:
    hub.variant("MUG")
    there(
        hub,
        {"code": "MUG", "name": "Blue mug", "units": {"EA": {"baseQty": 1}, "CTN": {"baseQty": 12}}},
        {"code": "CUP", "name": "Cup"},
    )
    take_over(hub)

    first = import_products(hub)

    assert (first.state, first.done, first.changed, first.failed) == ("finished", 2, 2, 0)
    assert list(Variant.objects.order_by("sku").values_list("sku", "name", "is_active")) == [
        ("CUP", "Cup", True),
        ("MUG", "Blue mug", True),
    ]
    assert list(UnitOfMeasure.objects.values_list("variant__sku", "code", "base_quantity")) == [("MUG", "CTN", 12)]

    again = import_products(hub)
    assert again.changed == 0

    there(hub, {"code": "CUP", "name": "Cup", "active": False})
    assert import_products(hub).changed == 1
    assert not Variant.objects.get(sku="CUP").is_active


def test_what_counts_in_another_unit_is_left_as_it_is_and_named(hub: Hub) -> None:
    variant = hub.variant("MUG")
    variant.base_unit = "PCE"
    variant.save()
    there(hub, {"code": "MUG", "name": "Blue mug"})
    take_over(hub)

    run = import_products(hub)

    assert (run.state, run.failed) == ("problems", 1)
    assert "1 left out: MUG" in run.summary
    assert Variant.objects.get().name == "Variant MUG"


def test_an_order_for_a_product_the_master_lacks_waits_and_is_told(hub: Hub) -> None:
    hub.stock(MUG=5)
    take_over(hub)
    assert hub.far is not None
    hub.variant("GHOST")
    Channel.objects.filter(pk=hub.channel_id).update(backorder_mode="channel")
    hub.order("SO-1", GHOST=1)
    hub.work()
    import_products(hub)

    assert hub.far_orders() == []
    issue = Issue.objects.get(cause="product_refused")
    assert "does not have product GHOST" in issue.title

    there(hub, {"code": "GHOST", "name": "Ghost"})
    import_products(hub)
    issue.refresh_from_db()
    assert issue.resolved_at is not None


def test_nothing_is_sent_the_forbidden_way_and_nobody_is_told_that_it_failed(hub: Hub) -> None:
    hub.stock(MUG=5)
    hub.order("SO-0", MUG=1)
    hub.work()
    connection.resume_channel(channel_id=hub.channel_id, actor="Ada", now=clock.now())
    hub.work()
    take_over(hub)
    import_products(hub)
    hub.order("SO-1", MUG=1)
    hub.work()
    connection.resume_channel(channel_id=hub.channel_id, actor="Ada", now=clock.now())
    hub.work()

    assert len(hub.far_orders()) == 2
    assert not Run.objects.filter(state="failed").exists()


def test_a_product_that_was_renamed_there_does_not_end_the_import(hub: Hub) -> None:
    there(hub, {"code": "MUG", "name": "Mug"}, {"code": "CUP", "name": "Cup"})
    take_over(hub)
    import_products(hub)
    renamed = Link.objects.get(kind="product", subject_id=Variant.objects.get(sku="MUG").pk)
    Link.objects.filter(pk=renamed.pk).update(subject_id=hub.variant("OLD").pk)
    master.choose_master(hub.account_id, channel_id=None, actor="Ada", now=clock.now())
    take_over(hub)

    run = import_products(hub)

    assert run.state == "finished"
    assert Link.objects.filter(kind="product").count() == 2
    mug = Link.objects.get(kind="product", subject_id=Variant.objects.get(sku="MUG").pk)
    assert mug.external_id == renamed.external_id


def test_a_deleted_master_is_the_master_no_more_until_it_is_restored(hub: Hub) -> None:
    take_over(hub)
    import_products(hub)

    channel_life.delete_channel(channel_id=hub.channel_id, actor="Ada", now=clock.now())

    assert find_product_master(hub.account_id) is None
    with pytest.raises(NotNow, match="is deleted"):
        master.choose_master(hub.account_id, channel_id=hub.channel_id, actor="Ada", now=clock.now())
    draft = Draft(hub.account_id, hub.warehouse_id, "manual", "By hand", {})
    other = connection.connect_channel(draft, options={}, now=clock.now())
    assert get_connection(other).product_master == ""
    channel_life.delete_channel(channel_id=other, actor="Ada", now=clock.now())

    channel_life.restore_channel(channel_id=hub.channel_id, actor="Ada", now=clock.now())

    assert find_product_master(hub.account_id) == hub.channel_id
    assert not Position.objects.filter(channel_id=hub.channel_id, feed="products").exists()
    told = Event.objects.filter(detail__field="master_product_source").order_by("id").values_list("sentence", flat=True)
    assert list(told)[1:] == [
        "Master Product Source: cartoncloud · Brisbane → Dockline.",
        "Master Product Source: Dockline → cartoncloud · Brisbane.",
    ]


def test_a_master_chosen_meanwhile_stays_when_the_former_is_restored(hub: Hub) -> None:
    take_over(hub)
    channel_life.delete_channel(channel_id=hub.channel_id, actor="Ada", now=clock.now())
    warehouse_id = setup.add_warehouse(name="Perth", account_ids=[hub.account_id])
    draft = Draft(hub.account_id, warehouse_id, "manual", "Perth", {})
    other = connection.connect_channel(draft, options={}, now=clock.now())
    Channel.objects.filter(pk=other).update(connector="cartoncloud")
    master.choose_master(hub.account_id, channel_id=other, actor="Ada", now=clock.now())

    channel_life.restore_channel(channel_id=hub.channel_id, actor="Ada", now=clock.now())

    assert find_product_master(hub.account_id) == other


def test_a_product_deleted_and_made_again_there_is_taken_up(hub: Hub) -> None:
    hub.variant("MUG")
    there(hub, {"code": "CC-MUG", "name": "Mug"}, {"code": "CUP", "name": "Cup"})
    edit = mappings.Edit(None, ("MUG", "CC-MUG"))
    mappings.save_rows(hub.channel_id, [edit], kind=MappingKind.SKUS, actor="Ada", now=clock.now())
    take_over(hub)
    import_products(hub)
    remade = {link.subject_id: link.external_id for link in Link.objects.filter(kind="product")}
    for link in Link.objects.filter(kind="product"):
        Link.objects.filter(pk=link.pk).update(external_id=f"gone-{link.pk}")
    there(hub, {"code": "CC-MUG", "name": "Better mug"}, {"code": "CUP", "name": "Better cup"})

    run = import_products(hub)

    assert (run.state, run.failed) == ("finished", 0)
    assert {link.subject_id: link.external_id for link in Link.objects.filter(kind="product")} == remade
    assert set(Variant.objects.values_list("name", flat=True)) == {"Better mug", "Better cup"}


def test_a_change_of_the_master_is_seen_before_it_is_made_and_then_done_as_it_was_seen(hub: Hub) -> None:
    there(hub, {"code": "MUG", "name": "Their mug"}, {"code": "OLD", "name": "Old", "active": False})
    Variant.objects.filter(pk=hub.variant("MUG").pk).update(name="Our mug")

    run_id = master.plan_master(hub.account_id, channel_id=hub.channel_id, actor="Ada", now=clock.now())
    hub.work()
    assert {(row.action, row.subject) for row in list_plan_rows(run_id)} == {("change", "MUG"), ("create", "OLD")}
    assert Variant.objects.get().name == "Our mug"
    assert find_product_master(hub.account_id) is None and not Position.objects.filter(feed="products").exists()

    take_over(hub)
    applied = sync.apply_plan(run_id=run_id, actor="Ada", now=clock.now())
    hub.work()
    assert Run.objects.get(pk=applied).state == "finished"
    assert dict(Variant.objects.values_list("name", "is_active")) == {"Their mug": True, "Old": False}

    back = master.plan_master(hub.account_id, channel_id=None, actor="Ada", now=clock.now())
    hub.work()
    assert Run.objects.get(pk=back).state == "finished"
    with pytest.raises(NotNow, match="already"):
        master.plan_master(hub.account_id, channel_id=hub.channel_id, actor="Ada", now=clock.now())


def test_a_second_product_with_the_same_code_is_left_out_while_the_first_is_there(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    there(hub, {"code": "MUG", "name": "Mug"})
    take_over(hub)
    import_products(hub)
    second = Link.objects.get(kind="product").external_id
    Link.objects.filter(kind="product").update(external_id="the-first")
    there(hub, {"code": "MUG", "name": "Impostor"})
    monkeypatch.setattr(Products, "find", lambda *_: {"MUG": ("the-first", second)})

    run = import_products(hub)

    assert (run.state, run.failed) == ("problems", 1)
    assert Link.objects.get(kind="product").external_id == "the-first"
    assert Variant.objects.get().name == "Mug"


def test_a_mapping_changed_at_the_master_does_not_leave_its_product_unknown(hub: Hub) -> None:
    def save(*edits: mappings.Edit) -> None:
        mappings.save_rows(hub.channel_id, edits, kind=MappingKind.SKUS, actor="Ada", now=clock.now())
        hub.work()

    there(hub, {"code": "CC-1", "name": "Mug"}, {"code": "CC-2", "name": "Better mug"})
    hub.variant("MUG")
    hub.variant("CUP")
    save(mappings.Edit(None, ("MUG", "CC-1")), mappings.Edit(None, ("CUP", "CC-2")))
    take_over(hub)
    import_products(hub)
    assert hub.far is not None
    hub.far.control.add_stock(hub.far.customer_id, "CC-2", 1)
    save(mappings.Edit(("CUP", "CC-2"), None), mappings.Edit(("MUG", "CC-1"), ("MUG", "CC-2")))
    Channel.objects.filter(pk=hub.channel_id).update(backorder_mode="channel")
    hub.order("SO-1", MUG=1)
    hub.work()

    (order,) = hub.far_orders()
    assert [line["code"] for line in order["lines"]] == ["CC-2"]


def test_a_channel_pointed_at_another_customer_makes_its_products_known_there(hub: Hub) -> None:
    hub.stock(MUG=5)
    hub.order("SO-1", MUG=1)
    hub.work()
    hub.receive()
    former = Link.objects.get(kind="product").external_id
    assert hub.far is not None
    hub.far.control.post("/customers", {"name": "Other Pty"})

    connection.change_values(hub.channel_id, values={"customer_name": "Other Pty"}, now=clock.now())
    assert not Position.objects.filter(channel_id=hub.channel_id).exists()
    hub.order("SO-2", MUG=1)
    hub.work()

    assert Link.objects.get(kind="product").external_id != former
