"""Every page wants a person, and every change wants a form."""

import pytest
from django.test import Client
from django.urls import URLPattern, reverse

from dockline.interfaces.web.urls import urlpatterns
from tests.support.page_world import PASSWORD, SECRET, USER, World

SAMPLES = {"kind": "receive_inventory", "name": "dismiss"}
CHANGES = {"scope", "sign-out", "shipment-confirm", "issue-repair", "channel-sync", "channel-test"}
CHANGES |= {"channel-resume", "run-stop"}
OPEN = {"sign-in"}


def address_of(pattern: URLPattern, pk: int = 1) -> str:
    names = pattern.pattern.converters
    return reverse(str(pattern.name), kwargs={name: SAMPLES.get(name, pk) for name in names})


@pytest.mark.parametrize("pattern", [each for each in urlpatterns if each.name not in OPEN], ids=lambda each: each.name)
def test_it_sends_strangers_to_the_sign_in_page(pattern: URLPattern, client: Client, db: None) -> None:
    response = client.post(address_of(pattern)) if pattern.name in CHANGES else client.get(address_of(pattern))

    assert response.status_code == 302
    assert response.headers["Location"].startswith(reverse("sign-in"))


@pytest.mark.parametrize("pattern", [each for each in urlpatterns if each.name in CHANGES], ids=lambda each: each.name)
def test_it_changes_nothing_on_a_plain_link(pattern: URLPattern, operator: Client) -> None:
    response = operator.get(address_of(pattern))

    assert response.status_code == 405
    assert "This address belongs to a button" in response.text


@pytest.mark.parametrize(
    ("came_from", "back"),
    [
        ("http://testserver/channels/1/?a=b", "/channels/1/%3Fa%3Db"),
        ("https://evil.example/x", "/"),
        ("//evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_a_button_pressed_too_late_leads_back_to_its_page(came_from: str, back: str, client: Client, db: None) -> None:
    button = reverse("channel-resume", args=[1])

    pressed = client.post(button, headers={"Referer": came_from})
    refreshed = client.get(reverse("runs"), headers={"HX-Request": "true", "HX-Current-URL": came_from})

    assert pressed.headers["Location"] == f"/sign-in/?next={back}"
    assert refreshed.headers["HX-Redirect"] == f"/sign-in/?next={back}"
    assert not refreshed.content, "the sign-in page never stands inside another"


def test_it_refuses_a_form_without_its_token(world: World) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.login(username=USER, password=PASSWORD)

    response = strict.post(reverse("scope"), {"account": ""})

    assert response.status_code == 403
    assert "Please try again" in response.text


def test_it_signs_in_and_out(world: World, client: Client) -> None:
    wrong = client.post(reverse("sign-in"), {"username": USER, "password": "wrong"})
    right = client.post(reverse("sign-in"), {"username": USER, "password": PASSWORD, "next": "/orders/"})
    gone = client.post(reverse("sign-out"))

    assert "Please enter a correct username and password" in wrong.text
    assert right.headers["Location"] == "/orders/"
    assert gone.headers["Location"] == reverse("sign-in")
    assert client.get(reverse("home")).status_code == 302


def test_it_does_not_return_to_a_foreign_address(operator: Client) -> None:
    for target in ("https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        assert operator.post(reverse("scope"), {"account": "", "next": target}).headers["Location"] == "/"


def test_it_sends_the_policy_and_the_same_page_as_a_fragment(operator: Client) -> None:
    page = operator.get(reverse("orders"))
    part = operator.get(reverse("orders"), headers={"HX-Request": "true"})

    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "HX-Request" in page.headers["Vary"]
    assert "<html" in page.text and "<html" not in part.text
    assert "SO-1" in page.text and "SO-1" in part.text


def test_it_never_shows_a_secret(operator: Client, world: World) -> None:
    page = operator.get(reverse("channel-settings", args=[world.channel.pk])).text

    assert SECRET not in page
    assert "Client Secret" in page


@pytest.mark.parametrize("name", ["order", "shipment", "channel", "run"])
def test_it_says_so_when_there_is_no_such_record(name: str, operator: Client) -> None:
    response = operator.get(reverse(name, args=[2**62]))

    assert response.status_code == 404
    assert "Not here" in response.text
