"""Change the master list of carriers. Every change is remembered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import ProtectedError

from dockline.domain.carriers.models import Carrier, Service
from dockline.domain.carriers.queries import UnknownCarrier
from dockline.domain.carriers.rules import CarrierLine, Trouble, find_trouble
from dockline.domain.history import operations as history
from dockline.domain.history.operations import Fact
from dockline.kit.errors import Conflict, Invalid

Names = dict[tuple[str, str], str]
"""Names by (carrier, service) code; the carrier's own is under an empty service."""


@dataclass(frozen=True)
class Merged:
    """What merging lines into the list changed."""

    added: int = 0
    renamed: int = 0
    same: int = 0


class BadLines(Invalid):
    """Some lines cannot be taken; nothing was changed. `troubles` are by their place in what was given."""

    def __init__(self, troubles: dict[int, Trouble]) -> None:
        at, first = next(iter(troubles.items()))
        super().__init__(f"Row {at}: {first.field} {first.reason}.", field=first.field)
        self.troubles = troubles


def lock_list(account_id: int) -> None:
    """Let one transaction at a time change an account's list. Released at its end."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('carriers.list'), %s)", [account_id])


def merge_lines(account_id: int, lines: Sequence[tuple[int, CarrierLine]], *, actor: str, now: datetime) -> Merged:
    """Add carriers and services by code; a new name replaces the old one and an empty one changes nothing.

    Each line comes with its row number. Nothing is ever deleted. Needs a transaction. Raises BadLines.
    """
    lock_list(account_id)
    names, troubles = _read(lines)
    if troubles:
        raise BadLines(troubles)
    carriers, added, renamed = _merge_carriers(account_id, names)
    more_added, more_renamed = _merge_services(account_id, names, carriers)
    facts = [_fact(account_id, "added", label, "", name) for label, name in [*added, *more_added]]
    facts += [_fact(account_id, "renamed", *change) for change in [*renamed, *more_renamed]]
    history.remember(facts, actor=actor, now=now)
    new, other = len(added) + len(more_added), len(renamed) + len(more_renamed)
    return Merged(added=new, renamed=other, same=len(names) - new - other)


def _merge_carriers(
    account_id: int, names: Names
) -> tuple[dict[str, Carrier], list[tuple[str, str]], list[tuple[str, str, str]]]:
    carriers = {row.code: row for row in Carrier.objects.filter(account_id=account_id)}
    new, changed, renamed = [], [], []
    for (code, service), name in names.items():
        if service:
            continue
        row = carriers.get(code)
        if row is None:
            new.append(Carrier(account_id=account_id, code=code, name=name or code))
        elif name and name != row.name:
            renamed.append((code, row.name, name))
            row.name = name
            changed.append(row)
    Carrier.objects.bulk_create(new, batch_size=2000)
    Carrier.objects.bulk_update(changed, ["name"], batch_size=500)
    return carriers | {row.code: row for row in new}, [(row.code, row.name) for row in new], renamed


def _merge_services(
    account_id: int, names: Names, carriers: dict[str, Carrier]
) -> tuple[list[tuple[str, str]], list[tuple[str, str, str]]]:
    known = {(row.carrier_id, row.code): row for row in Service.objects.filter(carrier__account_id=account_id)}
    new, changed, added, renamed = [], [], [], []
    for (carrier, code), name in names.items():
        if not code:
            continue
        label, row = f"{carrier} / {code}", known.get((carriers[carrier].pk, code))
        if row is None:
            new.append(Service(carrier=carriers[carrier], code=code, name=name or code))
            added.append((label, name or code))
        elif name and name != row.name:
            renamed.append((label, row.name, name))
            row.name = name
            changed.append(row)
    Service.objects.bulk_create(new, batch_size=2000)
    Service.objects.bulk_update(changed, ["name"], batch_size=500)
    return added, renamed


def remove_carrier(carrier_id: int, *, actor: str, now: datetime) -> str:
    """Take a carrier with its services off the list; return its code. Raises UnknownCarrier, Conflict when mapped."""
    carrier = Carrier.objects.filter(pk=carrier_id).first()
    if carrier is None:
        raise UnknownCarrier()
    try:
        carrier.delete()
    except ProtectedError as held:
        raise Conflict(_tell_protected(carrier.code, held)) from None
    history.remember([_fact(carrier.account_id, "removed", carrier.code, carrier.name, "")], actor=actor, now=now)
    return carrier.code


def remove_service(service_id: int, *, actor: str, now: datetime) -> str:
    """Take a service off the list and return its code. Raises UnknownCarrier, Conflict when mapped."""
    service = Service.objects.select_related("carrier").filter(pk=service_id).first()
    if service is None:
        raise UnknownCarrier("There is no such service.")
    label = f"{service.carrier.code} / {service.code}"
    try:
        service.delete()
    except ProtectedError as held:
        raise Conflict(_tell_protected(label, held)) from None
    fact = _fact(service.carrier.account_id, "removed", label, service.name, "")
    history.remember([fact], actor=actor, now=now)
    return label


def _read(
    lines: Sequence[tuple[int, CarrierLine]],
) -> tuple[Names, dict[int, Trouble]]:
    """Gather the names by (carrier, service); a code that is named in two ways is trouble."""
    names: Names = {}
    row_of: dict[tuple[str, str], int] = {}
    troubles: dict[int, Trouble] = {}
    for at, line in lines:
        trouble = find_trouble(line)
        if line.service and (line.carrier, line.service) in row_of and trouble is None:
            trouble = Trouble("service", f"is in row {row_of[line.carrier, line.service]} already. Keep one of them")
        before = names.get((line.carrier, ""), "")
        if trouble is None and before and line.carrier_name and before != line.carrier_name:
            trouble = Trouble("carrier_name", f"is {before!r} in an earlier row. Write the name in one way")
        if trouble is not None:
            troubles[at] = trouble
            continue
        names[line.carrier, ""] = line.carrier_name or before
        if line.service:
            row_of[line.carrier, line.service] = at
            names[line.carrier, line.service] = line.service_name
    return names, troubles


def _fact(account_id: int, kind: str, label: str, before: str, after: str) -> Fact:
    sentence = {
        "added": f"Carrier {label} was added: {after}.",
        "renamed": f"Carrier {label} was renamed from {before} to {after}.",
        "removed": f"Carrier {label} was removed.",
    }[kind]
    return Fact(
        account_id, f"carrier_{kind}", "carriers", account_id, sentence, {"key": label, "from": before, "to": after}
    )


def _tell_protected(label: str, held: ProtectedError) -> str:
    channels = sorted({str(getattr(row, "channel", "")) for row in held.protected_objects})
    return f"{label} is mapped at {', '.join(filter(None, channels))}. Remove its mappings there first."
