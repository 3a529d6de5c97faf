"""An order is changed: at once while it is here, and after it was sent only once the warehouse has given it back."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from typer.testing import CliRunner

from dockline.domain.accounts.models import User
from dockline.domain.channels.models import Channel
from dockline.domain.issues.models import Issue
from dockline.domain.orders import queries as order_queries
from dockline.domain.orders.changing import OrderContent, WantedLine
from dockline.domain.orders.models import OrderChange, SalesOrder
from dockline.domain.orders.rules import OrderId
from dockline.domain.shipments.models import CancelWish
from dockline.flows import upkeep
from dockline.flows.outbound import cancel, change, on_hold
from dockline.interfaces.cli.commands import app
from dockline.kit import clock
from dockline.kit.errors import ChangedMeanwhile, Invalid, NotNow
from tests.journeys.test_cancel_an_order import allow, lines, open_causes, status, told
from tests.support.hub import Hub


def alter(order: SalesOrder, *wanted: WantedLine, version: int | None = None, **header: Any) -> change.Changed:
    detail = order_queries.get_order(OrderId(order.pk))
    content = OrderContent(replace(detail.content.header, **header), wanted)
    seen = detail.version if version is None else version
    return change.change_order(order_id=order.pk, seen_version=seen, content=content, actor="Mei", now=clock.now())


def of(number: int | None, sku: str, quantity: int) -> WantedLine:
    return WantedLine(number, sku, Decimal(quantity))


def there(hub: Hub) -> list[dict[str, str]]:
    return [{line["code"]: line["quantity"] for line in one["lines"]} for one in hub.far_orders()]


def test_what_was_not_sent_is_changed_at_once_and_sent_as_it_is_now(hub: Hub) -> None:
    hub.stock(MUG=5, CUP=5, PEN=5)
    hub.far.control.post("/faults", {"script": [{"operation": "create_order", "do": "status", "status": 429}]})
    order = hub.order("SO-1", MUG=3, CUP=1)
    hub.work()
    assert [one.dispatch for one in hub.shipments(order)] == ["ready"]
    address = {**order.ship_to, "line_1": "1 Other Street"}
    done = alter(order, of(1, "MUG", 5), of(2, "CUP", 0), of(None, "PEN", 2), ship_to=address, service="EXPRESS")
    assert "is changed" in done.sentence and done.waits_for == 0
    assert lines(order) == [(5, 0, 0), (1, 0, 1), (2, 0, 0)]
    for said in ("MUG: 3 EA → 5 EA", "CUP: 1 EA → taken away", "PEN: not ordered → 2 EA", "Service: empty → EXPRESS"):
        assert said in told(order)
    assert "another line_1" in told(order) and "Other Street" not in told(order), "history keeps nobody's address"
    with pytest.raises(ChangedMeanwhile):
        alter(order, of(1, "MUG", 4), version=1)
    with pytest.raises(Invalid, match="no product"):
        alter(order, of(None, "HAT", 4))
    assert alter(order, of(1, "MUG", 5)).differences == ()
    hub.check()
    SalesOrder.objects.update(service="")
    Channel.objects.update(retry_at=None)
    upkeep.tend()
    hub.work()
    assert there(hub) == [{"MUG": "5", "PEN": "2"}]
    (_, sent) = hub.shipments(order)
    assert sent.status == "sent"


def test_what_was_sent_is_asked_back_and_sent_anew_only_then(hub: Hub) -> None:
    hub.stock(MUG=9)
    allow(hub, "AWAITING_PICK_AND_PACK")
    order = hub.order("SO-1", MUG=3)
    hub.work()
    assert "not changed before it agrees" in alter(order, of(1, "MUG", 2)).sentence
    hub.check()
    assert (lines(order), SalesOrder.objects.get().version, there(hub)) == ([(3, 0, 0)], 1, [{"MUG": "3"}])
    with pytest.raises(NotNow, match="changed already"):
        alter(order, of(1, "MUG", 1))
    with pytest.raises(NotNow, match="being changed"):
        on_hold.put_on_hold(order_id=order.pk, reason="look", actor="Mei", now=clock.now())
    hub.work()
    assert (lines(order), SalesOrder.objects.get().version, there(hub)) == ([(2, 0, 0)], 2, [{"MUG": "2"}])
    assert OrderChange.objects.get().state == "accepted" and OrderChange.objects.get().wanted == {}
    assert "sent anew" in told(order) and len({one.reference for one in hub.shipments(order)}) == 2

    more = alter(order, of(1, "MUG", 6))
    hub.work()
    assert more.waits_for == 0 and there(hub) == [{"MUG": "2"}, {"MUG": "4"}], "more goes as a further shipment"


def test_a_refusal_leaves_it_as_it_was_until_it_is_asked_again(hub: Hub) -> None:
    hub.stock(MUG=9)
    order = hub.order("SO-1", MUG=3)
    hub.work()
    alter(order, carrier="FAST")
    hub.work()
    assert (OrderChange.objects.get().state, open_causes()) == ("refused", {"change_refused"})
    assert SalesOrder.objects.get().carrier == "" and there(hub) == [{"MUG": "3"}]
    alter(order, deliver_by=clock.now().date())
    CancelWish.objects.filter(state="asked").update(deadline=clock.now() - timedelta(seconds=1))
    hub.far.control.post("/faults", {"script": [{"operation": "search_orders", "do": "status", "status": 503}]})
    hub.work()
    assert OrderChange.objects.latest("id").state == "expired" and "in time" in told(order)
    allow(hub, "AWAITING_PICK_AND_PACK")
    Channel.objects.update(retry_at=None)
    change.ask_again(order_id=order.pk, actor="Ada", now=clock.now())
    hub.work()
    assert SalesOrder.objects.get().deliver_by == clock.now().date() and not open_causes()
    assert len(hub.far_orders()) == 1


def test_what_has_shipped_stays_and_too_late_is_told(hub: Hub) -> None:
    hub.stock(MUG=9)
    order = hub.order("SO-1", MUG=3)
    hub.work()
    (sent,) = hub.far_orders()
    hub.far.control.post(f"/orders/{sent['id']}/dispatch")
    alter(order, of(1, "MUG", 1))
    hub.receive()
    assert (OrderChange.objects.get().state, status(order), lines(order)) == ("refused", "shipped", [(3, 3, 0)])
    assert open_causes() == {"change_refused"}
    with pytest.raises(NotNow, match="cannot be changed"):
        alter(order, of(1, "MUG", 1))


def test_cancelling_overrides_a_change_that_is_asked(hub: Hub) -> None:
    hub.stock(MUG=9)
    allow(hub, "AWAITING_PICK_AND_PACK")
    order = hub.order("SO-1", MUG=3)
    hub.work()
    alter(order, of(1, "MUG", 1))
    cancel.ask_to_cancel(order_id=order.pk, actor="Ada", now=clock.now())
    hub.check()
    hub.work()
    assert (status(order), lines(order), hub.far_orders()) == ("cancelled", [(3, 0, 3)], [])
    assert OrderChange.objects.get().state == "refused" and not open_causes()


def test_it_is_changed_on_its_page_and_a_stale_page_overwrites_nothing(manual_hub: Hub, client: Client) -> None:
    manual_hub.variant("PEN")
    order = manual_hub.order("SO-1", MUG=3)
    client.force_login(User.objects.create_user("mei"))
    page, address = reverse("order", args=[order.pk]), reverse("order-change", args=[order.pk])
    assert address in client.get(page).text and 'value="12 Wharf Road"' in client.get(address).text
    form = {"version": "1", **order.ship_to, "cancel_after": "2999-01-01T09:00"}
    form |= {"r0-line": "1", "r0-sku": "MUG", "r0-quantity": "4", "r0-unit": "EA"}
    form |= {"r1-line": "", "r1-sku": "PEN", "r1-quantity": "some", "r1-unit": ""}
    refused = client.post(address, form)
    assert refused.status_code == 422 and "as a number" in refused.text and 'value="4"' in refused.text
    assert "is changed" in client.post(address, {**form, "r1-quantity": "2"}, follow=True).text
    assert lines(order) == [(4, 0, 0), (2, 0, 0)] and "2999" in client.get(page).text
    stale = client.post(address, {**form, "r1-quantity": "2"})
    assert stale.status_code == 422 and "nothing was overwritten" in stale.text
    bad = client.post(address, {**form, "version": "2", "r1-quantity": "2", "country": "Australia"})
    assert bad.status_code == 422 and "two letters" in bad.text
    # Its Cancel After passes: what is still here is cancelled by itself.
    SalesOrder.objects.update(cancel_after=clock.now())
    upkeep.tend()
    assert status(order) == "cancelled"
    assert Issue.objects.filter(resolved_at__isnull=True).count() == 0


def test_it_is_changed_from_the_terminal(manual_hub: Hub) -> None:
    manual_hub.variant("PEN")
    order = manual_hub.order("SO-1", MUG=3)
    arguments = ["order", "change", "SO-1", "--line", "1=0", "--add", "PEN=2", "--ship-to", "city=Sydney"]
    done = CliRunner().invoke(app, [*arguments, "--cancel-after", "2999-01-01"])
    assert done.exit_code == 0 and "PEN: not ordered → 2 EA" in done.output, done.output
    assert lines(order) == [(3, 0, 3), (2, 0, 0)]
    order.refresh_from_db()
    assert order.ship_to["city"] == "Sydney" and order.cancel_after is not None
    assert CliRunner().invoke(app, ["order", "change", "SO-1", "--line", "7=1"]).exit_code != 0
    nothing_left = CliRunner().invoke(app, ["order", "change", "SO-1", "--line", "2=0"])
    assert nothing_left.exit_code != 0 and "cancel the order" in nothing_left.output
