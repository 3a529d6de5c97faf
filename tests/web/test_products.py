"""What products measure, as programs and people read it."""

from django.test import Client

from dockline.domain.accounts.models import User
from dockline.domain.products.models import Variant
from dockline.flows import api_keys
from dockline.kit import clock
from tests.support.hub import hub_with_cartoncloud


def test_programs_and_people_read_them_in_the_units_of_the_account(client: Client, db: None) -> None:
    with hub_with_cartoncloud() as hub:
        Variant.objects.filter(pk=hub.variant("MUG").pk).update(length_mm=310, width_mm=200, weight_g=410)
    made = api_keys.add_key(name="shop", account_id=hub.account_id, actor="Ada", now=clock.now())
    (product,) = client.get("/api/products", headers={"Authorization": f"Bearer {made.key}"}).json()["items"]
    (unit,) = product["units"]
    assert (product["size_unit"], unit["length"], unit["height"], unit["weight"]) == ("cm", "31", None, "0.41")

    client.force_login(User.objects.create_user("mei"))
    assert "EA 31 × 20 × ? cm, 0.41 kg" in client.get("/products/").text  # noqa: RUF001
    advanced = client.get(f"/channels/{hub.channel_id}/advanced/").text
    assert "no call can read" in advanced and ">Millimetres<" not in advanced
