"""Set-up, top down: the organization, its warehouses and people, its accounts, and what each account may use."""

from collections.abc import Callable, Collection
from decimal import Decimal, InvalidOperation

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from dockline.domain.accounts import queries as accounts
from dockline.domain.accounts.queries import AccountRow
from dockline.domain.channels import queries as channels
from dockline.domain.history import queries as history
from dockline.domain.inventory import queries as inventory
from dockline.domain.warehouses import queries as warehouses
from dockline.flows import api_keys, master, setup
from dockline.flows.inventory import upkeep
from dockline.interfaces.web.parts.answer import actor_of
from dockline.kit.errors import Invalid, NotFound, Problem
from dockline.kit.measures import SizeUnit, WeightUnit

LATEST_CHANGES = 10


def show_organization(request: HttpRequest) -> HttpResponse:
    """Show the organization with its accounts, warehouses, people and programs."""
    return _organization(request, {})


def show_account(request: HttpRequest, account_id: int) -> HttpResponse:
    """Show one account: what it is called, which warehouses it may use, where its products come from."""
    return _account(request, _get_account(account_id), {})


@require_POST
def rename_organization(request: HttpRequest) -> HttpResponse:
    """Name the organization."""
    name = _said(request, "name")
    return _do(request, "organization", lambda: setup.name_organization(name, actor=actor_of(request)), "Saved.")


@require_POST
def add_account(request: HttpRequest) -> HttpResponse:
    """Add an account; its code follows from its name."""
    name, zone = _said(request, "name"), _said(request, "timezone") or "UTC"
    return _do(
        request,
        "account",
        lambda: setup.add_account(name=name, timezone=zone, actor=actor_of(request)),
        f"Account {name} added. Next: enable a warehouse for it.",
    )


@require_POST
def add_warehouse(request: HttpRequest) -> HttpResponse:
    """Add a physical warehouse, or a virtual one that groups some."""
    name, zone = _said(request, "name"), _said(request, "timezone") or "UTC"
    is_virtual = request.POST.get("kind") == "virtual"
    members = [int(one) for one in request.POST.getlist("members") if one.isascii() and one.isdigit() and len(one) < 15]
    return _do(
        request,
        "warehouse",
        lambda: setup.add_warehouse(
            name=name,
            timezone=zone,
            is_virtual=is_virtual,
            member_ids=members if is_virtual else (),
            actor=actor_of(request),
        ),
        f"Warehouse {name} added. Enable it for the accounts that use it.",
    )


@require_POST
def add_person(request: HttpRequest) -> HttpResponse:
    """Add a person; the made-up password is shown once."""
    name, email = _said(request, "username"), _said(request, "email")
    try:
        password = setup.add_user(username=name, email=email, actor=actor_of(request))
    except Problem as problem:
        return _refused(request, "person", problem)
    return _organization(request, {"new_person": name, "new_password": password})


@require_POST
def switch_person(request: HttpRequest, user_id: int) -> HttpResponse:
    """Let a person sign in, or no longer."""
    is_active = request.POST.get("active") == "1"
    return _do(
        request,
        "person",
        lambda: setup.set_user_active(user_id, is_active=is_active, actor=actor_of(request)),
        "Saved.",
    )


@require_POST
def add_key(request: HttpRequest) -> HttpResponse:
    """Add a key for a program; it is shown once."""
    name, account = _said(request, "name"), _said(request, "account")
    account_id = next((row.id for row in accounts.list_accounts() if str(row.id) == account), None)
    if account and account_id is None:
        raise Http404("There is no such account.")
    try:
        made = api_keys.add_key(name=name, account_id=account_id, actor=actor_of(request), now=timezone.now())
    except Problem as problem:
        return _refused(request, "key", problem)
    return _organization(request, {"new_key_name": name, "new_key": made.key})


@require_POST
def revoke_key(request: HttpRequest) -> HttpResponse:
    """Have a key open nothing any more."""
    name = _said(request, "name")
    return _do(
        request,
        "key",
        lambda: api_keys.revoke_key(name, actor=actor_of(request), now=timezone.now()),
        f"The key {name} opens nothing any more.",
    )


@require_POST
def change_account(request: HttpRequest, account_id: int) -> HttpResponse:
    """Change an account's name, its time zone and what its products are measured in."""
    account = _get_account(account_id)
    return _do_account(
        request,
        account,
        "main",
        lambda: setup.change_account(
            account.id,
            name=_said(request, "name"),
            timezone=_said(request, "timezone"),
            size_unit=_said(request, "size_unit"),
            weight_unit=_said(request, "weight_unit"),
            actor=actor_of(request),
        ),
    )


@require_POST
def set_warehouses(request: HttpRequest, account_id: int) -> HttpResponse:
    """Enable warehouses for an account, and disable the others."""
    account = _get_account(account_id)
    known = {int(row.id) for row in warehouses.list_warehouses(account_id=None)}
    enabled = {one for one in known if str(one) in request.POST.getlist("enabled")}
    default = next((one for one in known if str(one) == request.POST.get("default")), None)
    if default is None and len(enabled) == 1:
        (default,) = enabled
    return _do_account(
        request,
        account,
        "warehouses",
        lambda: setup.set_warehouses(
            account.id, enabled=enabled, default_id=default, turns=_turns(request, known), actor=actor_of(request)
        ),
    )


def _turns(request: HttpRequest, known: Collection[int]) -> dict[int, int]:
    said = {one: _said(request, f"turn-{one}") for one in known}
    # What is no number is no turn, and refused with its warehouse's name.
    return {one: int(turn) if turn.isascii() and turn.isdigit() else 0 for one, turn in said.items() if turn}


@require_POST
def choose_master(request: HttpRequest, account_id: int) -> HttpResponse:
    """Choose where the account's products are kept."""
    account = _get_account(account_id)
    said = request.POST.get("master", "")
    channel_id = next(
        (int(row.id) for row in channels.list_channels(account_id=account.id) if str(row.id) == said), None
    )
    if said and channel_id is None:
        raise Http404("There is no such channel.")
    if request.POST.get("do") == "plan":
        return _plan_master(request, account, channel_id)
    return _do_account(
        request,
        account,
        "master",
        lambda: master.choose_master(account.id, channel_id=channel_id, actor=actor_of(request), now=timezone.now()),
    )


def _plan_master(request: HttpRequest, account: AccountRow, channel_id: int | None) -> HttpResponse:
    try:
        run_id = master.plan_master(account.id, channel_id=channel_id, actor=actor_of(request), now=timezone.now())
    except Problem as problem:
        context = {"part": "master", "problem": problem, "entered": request.POST}
        return _account(request, account, context, status=422)
    return HttpResponseRedirect(reverse("run", args=[run_id]))


@require_POST
def keep_back(request: HttpRequest, account_id: int) -> HttpResponse:
    """Set how much is never promised of every product without a buffer of its own."""
    account = _get_account(account_id)
    return _do_account(request, account, "buffer", lambda: _keep_back(request, account))


def _keep_back(request: HttpRequest, account: AccountRow) -> None:
    try:
        quantity = Decimal(_said(request, "quantity") or 0)
    except InvalidOperation:
        raise Invalid("Give the buffer as a number, such as 5.", field="quantity") from None
    upkeep.keep_back_usually(account_id=account.id, quantity=quantity, actor=actor_of(request), now=timezone.now())


def _do(request: HttpRequest, part: str, action: Callable[[], object], done: str) -> HttpResponse:
    try:
        action()
    except Problem as problem:
        return _refused(request, part, problem)
    messages.success(request, done)
    return HttpResponseRedirect(reverse("organization"))


def _refused(request: HttpRequest, part: str, problem: Problem) -> HttpResponse:
    """Show what was entered again, with what is wrong beside it."""
    context = {"part": part, "problem": problem, "entered": request.POST}
    return _organization(request, context, status=422)


def _do_account(request: HttpRequest, account: AccountRow, part: str, action: Callable[[], object]) -> HttpResponse:
    try:
        action()
    except Problem as problem:
        return _account(request, account, {"part": part, "problem": problem, "entered": request.POST}, status=422)
    messages.success(request, "Saved.")
    return HttpResponseRedirect(reverse("account", args=[account.id]) + f"#{part}")


def _organization(request: HttpRequest, context: dict[str, object], *, status: int = 200) -> HttpResponse:
    rows = warehouses.list_warehouses(account_id=None)
    steps = setup.list_steps()
    people = accounts.list_users()
    organization_id = accounts.find_organization_id()
    told_of = {
        "organization": [] if organization_id is None else [organization_id],
        "warehouse": [int(row.id) for row in rows],
        "user": [int(person.id) for person in people],
    }
    shared = {
        "name": accounts.get_organization_name(),
        "accounts": accounts.list_accounts(),
        "physical": [row for row in rows if not row.is_virtual],
        "virtual": [row for row in rows if row.is_virtual],
        "people": people,
        "history": history.list_latest_of_several(told_of, limit=LATEST_CHANGES),
        "keys": [row for row in accounts.list_keys() if row.revoked_at is None],
        "steps": steps,
        "is_ready": all(step.is_done for step in steps),
        "entered": {},
    }
    return render(request, "organization/organization.html", shared | context, status=status)


def _account(
    request: HttpRequest, account: AccountRow, context: dict[str, object], *, status: int = 200
) -> HttpResponse:
    rows = warehouses.list_warehouses(account_id=None)
    uses = warehouses.get_uses(account.id)
    connected = channels.list_channels(account_id=account.id)
    master_id = next((row.id for row in connected if row.connection.is_product_master), None)
    works = {row.warehouse_id: row for row in connected}
    shared = {
        "account": account,
        "physical": [(row, uses.get(row.id), works.get(row.id)) for row in rows if not row.is_virtual],
        "virtual": [
            (row, row.id in uses, [member for member in row.member_ids if member not in uses])
            for row in rows
            if row.is_virtual
        ],
        "channels": connected,
        "size_units": SizeUnit.choices(),
        "weight_units": WeightUnit.choices(),
        "master_id": master_id,
        "buffer": inventory.get_usual_buffer(account.id),
        "history": history.list_latest_events(("account", int(account.id)), limit=LATEST_CHANGES),
        "entered": {},
    }
    return render(request, "organization/account.html", shared | context, status=status)


def _get_account(account_id: int) -> AccountRow:
    try:
        return accounts.get_account(account_id)
    except NotFound as problem:
        raise Http404(problem.message) from None


def _said(request: HttpRequest, name: str) -> str:
    return request.POST.get(name, "").replace("\0", "").strip()
