"""Setting up, top down, on the pages; what may not be is refused with the reason, and nothing changes."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from dockline.domain.accounts.models import Account, ApiKey, Organization, User
from dockline.domain.history.models import Event
from dockline.domain.inventory.models import Level
from dockline.domain.warehouses.models import AccountWarehouse, Warehouse
from tests.support.page_world import World


@pytest.fixture
def newcomer(transactional_db: None, client: Client) -> Client:
    """Somebody who signs in to an installation in which there is nothing yet."""
    client.force_login(User.objects.create_user("ada", password="a long enough password"))
    return client


def enabled(account: Account) -> set[str]:
    return set(AccountWarehouse.objects.filter(account=account).values_list("warehouse__name", flat=True))


def test_a_first_start_walks_a_person_through(newcomer: Client) -> None:
    home = newcomer.get(reverse("home")).text
    for step in ("Name your organization", "Add the warehouses that ship", "Add an account", "Connect the channel"):
        assert step in home
    newcomer.post(reverse("organization-rename"), {"name": "Northside 3PL"})
    newcomer.post(reverse("warehouse-add"), {"name": "Brisbane DC", "timezone": "Australia/Brisbane"})
    newcomer.post(reverse("account-add"), {"name": "Bluegum Pantry", "timezone": "Australia/Brisbane"})
    account, warehouse = Account.objects.get(), Warehouse.objects.get()
    assert (account.code, warehouse.code) == ("BLUEGUM-PANTRY", "BRISBANE-DC")
    newcomer.post(reverse("account-warehouses", args=[account.pk]), {"enabled": warehouse.pk})
    assert AccountWarehouse.objects.get().is_default, "the only one is where orders go"
    page = newcomer.get(reverse("organization")).text
    assert "Northside 3PL" in page and page.count("<small>done</small>") == 4
    told = page.partition('id="history"')[2]
    assert "<del>empty</del> <ins>Northside 3PL</ins>" in told and "Warehouse Brisbane DC added." in told
    assert "ada · " in told and "Account added" not in told, "an account tells of itself on its own page"
    assert list(Event.objects.order_by("id").values_list("sentence", flat=True)) == [
        "Organization: empty → Northside 3PL.",
        "Warehouse Brisbane DC added.",
        "Account added with the code BLUEGUM-PANTRY.",
        "Brisbane DC: disabled → enabled.",
        "Default warehouse: empty → Brisbane DC.",
    ]


@pytest.mark.parametrize(
    ("address", "entered", "words"),
    [
        ("account-add", {"name": "bluegum pantry"}, "belongs to the account Bluegum Pantry already"),
        ("account-add", {"name": " "}, "at least one letter or digit"),
        ("account-add", {"name": "x" * 10_000}, "at most 200 characters"),
        ("account-add", {"name": "Mei", "timezone": "Mars/Olympus"}, "is not a time zone"),
        ("warehouse-add", {"name": "BRISBANE dc"}, "belongs to Brisbane DC already"),
        ("warehouse-add", {"name": "\u202e\x07"}, "at least one letter or digit"),
        ("warehouse-add", {"name": "All", "kind": "virtual"}, "groups one or more physical ones"),
        ("warehouse-add", {"name": "All", "kind": "virtual", "members": "4711"}, "groups one or more physical ones"),
        ("organization-rename", {"name": ""}, "has 1 to 200 characters"),
        ("person-add", {"username": ""}, "A user name has"),
        ("person-add", {"username": "bea", "email": "not one"}, "is not an e-mail address"),
    ],
)
def test_what_cannot_be_is_refused_and_kept_for_mending(
    newcomer: Client, address: str, entered: dict[str, str], words: str
) -> None:
    newcomer.post(reverse("warehouse-add"), {"name": "Brisbane DC"})
    newcomer.post(reverse("account-add"), {"name": "Bluegum Pantry"})
    before = (Account.objects.count(), Warehouse.objects.count(), User.objects.count(), Event.objects.count())

    response = newcomer.post(reverse(address), entered)

    assert response.status_code == 422 and words in response.text
    assert (Account.objects.count(), Warehouse.objects.count(), User.objects.count(), Event.objects.count()) == before


@pytest.mark.fault("D14")
def test_script_in_a_name_is_text(newcomer: Client) -> None:
    newcomer.post(reverse("account-add"), {"name": "<script>alert(1)</script>"})
    assert "<script>alert" not in newcomer.get(reverse("organization")).text


class TestWarehousesOfAnAccount:
    """The rules of the specification's section 4."""

    @pytest.fixture(autouse=True)
    def places(self, world: World) -> None:
        organization = Organization.objects.get()
        self.world, self.account = world, world.channel.account
        self.north = Warehouse.objects.create(organization=organization, code="N", name="North")
        self.south = Warehouse.objects.create(organization=organization, code="S", name="South")
        self.both = Warehouse.objects.create(organization=organization, code="B", name="Both", is_virtual=True)
        self.both.members.set([self.north, self.south])
        self.main = world.channel.warehouse
        self.others = [one for one in Warehouse.objects.filter(channel__account=self.account) if one != self.main]

    def save(self, operator: Client, *wanted: Warehouse, default: Warehouse | None = None) -> tuple[int, str]:
        response = operator.post(
            reverse("account-warehouses", args=[self.account.pk]),
            {"enabled": [one.pk for one in (*wanted, *self.others)], "default": (default or self.main).pk},
        )
        return response.status_code, response.text if response.status_code == 422 else ""

    def test_a_virtual_one_needs_all_of_its_members(self, operator: Client) -> None:
        status, page = self.save(operator, self.main, self.both, self.north)
        assert status == 422
        assert "Both is a group of several and needs all of them: enable South as well, or disable Both." in page
        assert self.save(operator, self.main, self.both, self.north, self.south)[0] == 302
        assert enabled(self.account) >= {self.main.name, "Both", "North", "South"}

    def test_a_member_stays_while_its_group_is_enabled(self, operator: Client) -> None:
        self.save(operator, self.main, self.both, self.north, self.south)
        status, page = self.save(operator, self.main, self.both, self.north)
        assert status == 422 and "enable South as well, or disable Both" in page
        assert "South" in enabled(self.account)
        assert self.save(operator, self.main, self.north)[0] == 302
        assert enabled(self.account) & {"Both", "North", "South"} == {"North"}

    def test_one_that_a_channel_works_stays(self, operator: Client) -> None:
        status, page = self.save(operator, self.north, default=self.north)
        assert status == 422 and "Delete that channel first." in page

    def test_orders_go_to_an_enabled_physical_one(self, operator: Client) -> None:
        wanted = (self.main, self.both, self.north, self.south)
        assert "is virtual and cannot ship" in self.save(operator, *wanted, default=self.both)[1]
        assert "choose an enabled one" in self.save(operator, self.main, default=self.north)[1]

    def test_its_stock_is_the_live_sum_of_its_members(self, operator: Client) -> None:
        self.save(operator, self.main, self.both, self.north, self.south)
        level = Level.objects.filter(variant__account=self.account).order_by("id").first()
        assert level is not None
        for place, count in ((self.north, 3), (self.south, 4)):
            Level.objects.create(
                warehouse=place, variant=level.variant, on_hand=count, free=count, incoming=0, as_of=level.as_of
            )
        page = operator.get(reverse("inventory") + f"?warehouse={self.both.pk}").text
        assert "Both (virtual)" in page
        row = page.split(f"<strong>{level.variant.sku}</strong>", 1)[1].split("</tr>", 1)[0]
        assert ">7 <small>" in row, row


def test_people_come_and_go_but_never_the_last(newcomer: Client) -> None:
    page = newcomer.post(reverse("person-add"), {"username": "bea", "email": "bea@northside.example"}).text
    assert "shown this once" in page
    bea, ada = User.objects.get(username="bea"), User.objects.get(username="ada")
    newcomer.post(reverse("person-switch", args=[bea.pk]), {"active": "0"})
    assert not User.objects.get(username="bea").is_active
    response = newcomer.post(reverse("person-switch", args=[ada.pk]), {"active": "0"})
    assert response.status_code == 422 and "ada is the last person who can sign in." in response.text
    assert User.objects.get(username="ada").is_active


def test_an_accounts_name_changes_and_its_code_stays(operator: Client, world: World) -> None:
    account = world.channel.account
    operator.post(reverse("account-change", args=[account.pk]), {"name": "Renamed", "timezone": "Europe/Vienna"})
    after = Account.objects.get(pk=account.pk)
    assert (after.name, after.timezone, after.code) == ("Renamed", "Europe/Vienna", account.code)
    assert operator.get(reverse("account", args=[4711])).status_code == 404


def test_the_master_product_source_is_chosen_on_the_accounts_page(operator: Client, world: World) -> None:
    account = world.channel.account
    page = operator.post(reverse("account-master", args=[account.pk]), {"master": world.channel.pk}, follow=True).text
    assert "Saved." in page and "Master Product Source" in page
    world.channel.refresh_from_db()
    assert world.channel.is_product_master
    assert "It is the Master Product Source of" in operator.get(reverse("channel-delete", args=[world.channel.pk])).text
    assert operator.post(reverse("account-master", args=[account.pk]), {"master": "4711"}).status_code == 404


def test_a_key_is_shown_once_and_revoked(newcomer: Client) -> None:
    newcomer.post(reverse("account-add"), {"name": "Bluegum Pantry"})
    account = Account.objects.get()

    made = newcomer.post(reverse("key-add"), {"name": "shop", "account": account.pk})

    (key,) = set(re.findall(r"dk_[\w-]{20,}", made.text))
    page = newcomer.get(reverse("organization")).text
    assert key not in page and key[:8] in page and "Bluegum Pantry" in page
    header = {"Authorization": f"Bearer {key}"}
    assert [row["name"] for row in newcomer.get("/api/accounts", headers=header).json()["items"]] == ["Bluegum Pantry"]
    for entered, words in (({"name": "shop"}, "There is a key shop already"), ({"name": ""}, "1 to 60 printable")):
        refused = newcomer.post(reverse("key-add"), entered)
        assert refused.status_code == 422 and words in refused.text
    assert newcomer.post(reverse("key-add"), {"name": "x", "account": "4711"}).status_code == 404
    assert newcomer.post(reverse("key-revoke"), {"name": "nobody"}).status_code == 422
    assert ApiKey.objects.count() == 1
    newcomer.post(reverse("key-revoke"), {"name": "shop"})
    assert newcomer.get("/api/accounts", headers=header).status_code == 401
    assert key[:8] not in newcomer.get(reverse("organization")).text
