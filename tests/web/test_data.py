"""The page of tables: export, upload, look at what would change, apply; in another account's name nothing."""

import io

import pytest
from django.test import Client
from django.urls import reverse

from dockline.domain.products.models import Variant
from dockline.domain.tables.models import PlannedTable
from dockline.interfaces.web.parts.scope import KEY
from tests.support.page_world import World


@pytest.fixture
def juniper(operator: Client, world: World) -> Client:
    session = operator.session
    session[KEY] = world.juniper.pk
    session.save()
    return operator


def upload(client: Client, kind: str, table: bytes, mode: str = "upsert") -> str:
    file = io.BytesIO(table)
    file.name = "table.csv"
    return client.post(reverse("data-plan-new"), {"kind": kind, "file": file, "mode": mode}, follow=True).text


def test_a_table_is_exported_changed_looked_at_and_applied(juniper: Client, world: World) -> None:
    out = juniper.get(reverse("data-export", args=["products"]))
    assert out.headers["Content-Disposition"] == 'attachment; filename="products.csv"'
    assert "Nothing would change." in upload(juniper, "products", out.content)

    head, first, _ = out.content.decode().split("\r\n", 2)
    sku, name, rest = first.split(",", 2)
    page = upload(juniper, "products", f"{head}\r\n{sku},Renamed,{rest}\r\n".encode())
    assert "Apply 1 change" in page and "Renamed" in page and name in page
    assert not Variant.objects.filter(name="Renamed").exists()

    planned = PlannedTable.objects.latest("id")
    done = juniper.post(reverse("data-plan", args=[planned.pk]), {"do": "apply"}, follow=True).text
    assert "Products: 1 changed, from table.csv." in done
    assert Variant.objects.get(sku=sku, account=world.juniper).name == "Renamed"


def test_a_row_in_error_is_shown_with_its_reason_and_the_report(juniper: Client) -> None:
    page = upload(juniper, "carriers", b"carrier,carrier_name,service,service_name\n,No code,,\n")
    assert "carrier is empty. Give the carrier" in page and "Apply" not in page
    planned = PlannedTable.objects.latest("id")
    report = juniper.get(reverse("data-report", args=[planned.pk])).content
    assert report == b"row,field,reason\r\n2,carrier,is empty. Give the carrier's code\r\n"
    assert (
        "nothing was changed" in juniper.post(reverse("data-plan", args=[planned.pk]), {"do": "drop"}, follow=True).text
    )


@pytest.mark.parametrize("kind", ["orders", "purchases"])
def test_orders_are_only_added_and_who_chose_otherwise_is_told(juniper: Client, kind: str) -> None:
    out = juniper.get(reverse("data-export", args=[kind])).content
    assert "can be imported with Add only. Choose that." in upload(juniper, kind, out)
    assert "Nothing would change." in upload(juniper, kind, out, mode="add")


def test_what_is_no_table_is_refused_in_words(juniper: Client) -> None:
    assert "the column carrier is missing" in upload(juniper, "carriers", b"a,b,c,d\n")
    assert "There is no table" in upload(juniper, "gold", b"a\n")
    assert juniper.get(reverse("data-export", args=["gold"])).status_code == 404
