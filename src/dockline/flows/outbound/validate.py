"""Ask of a shipment, before it is sent, what its channel wants of it: hold it for a person, or send it with a note.

Reads the messages to be sent. Writes shipments, issues and history. A held shipment stays ready and is looked at again
from time to time, so that a corrected order leaves by itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dockline.connectors.contract.messages import Address
from dockline.domain.channels.queries import Connection
from dockline.domain.channels.rules import Severity, Validation, severity_of
from dockline.domain.history import operations as history
from dockline.domain.history.operations import Fact
from dockline.domain.issues import operations as issues
from dockline.domain.issues import rules as causes
from dockline.domain.issues.operations import NewIssue
from dockline.domain.shipments import operations as shipments
from dockline.domain.shipments import queries as shipment_queries
from dockline.domain.shipments.models import Shipment

LOOKED_AT_AGAIN_AFTER = timedelta(minutes=30)


@dataclass(frozen=True)
class Found:
    """What fails, by what it does."""

    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def validate(address: Address, connection: Connection) -> Found:
    """Ask the channel's questions of an address. What is suppressed is not asked for."""
    missing = {
        Validation.RECIPIENT: not (address.company or address.contact),
        Validation.ADDRESS: not (
            address.line_1 and (address.suburb or address.city) and address.postcode and address.country
        ),
        Validation.PHONE: not address.phone and not connection.suppress_personal,
        Validation.EMAIL: not address.email and not connection.suppress_personal,
    }
    failing = [(one, severity_of(connection.severities, one)) for one, fails in missing.items() if fails]
    return Found(
        errors=tuple(one.label for one, severity in failing if severity is Severity.ERROR),
        warnings=tuple(one.label for one, severity in failing if severity is Severity.WARNING),
    )


def pass_or_hold(
    due: Sequence[Shipment],
    addresses: Mapping[int, Address],
    connection: Connection,
    *,
    now: datetime,
) -> list[Shipment]:
    """Return those of the locked shipments that may be sent; the others are put off and a person is told.

    `addresses` are those of the orders, before anything personal was left out.
    """
    found = {row.id: validate(addresses[row.id], connection) for row in due}
    held = [row for row in due if found[row.id].errors]
    noted = [row for row in due if found[row.id].warnings and not found[row.id].errors]
    passed = [row for row in due if not found[row.id].errors]
    issues.resolve_issues(
        subject_kind="shipment",
        subject_ids=[row.id for row in passed if row.reason],
        now=now,
        by="the validation",
        causes=[causes.NOT_VALID],
    )
    if held or noted:
        _tell(held, noted, found, connection, now)
    return passed


def _tell(
    held: Sequence[Shipment],
    noted: Sequence[Shipment],
    found: Mapping[int, Found],
    connection: Connection,
    now: datetime,
) -> None:
    contexts = shipment_queries.get_contexts([row.id for row in (*held, *noted)])
    for row in held:
        row.wake_at = now + LOOKED_AT_AGAIN_AFTER
        row.reason = f"{'; '.join(found[row.id].errors)}."
    shipments.save_shipments(held)
    issues.open_issues(
        [
            NewIssue(
                account_id=connection.account_id,
                cause=causes.NOT_VALID,
                subject_kind="shipment",
                subject_id=row.id,
                subject_label=contexts[row.id].order_number,
                title=f"{row.reference} is not sent: {row.reason}",
                channel_id=connection.channel_id,
            )
            for row in held
        ],
        now=now,
    )
    history.remember(
        [
            Fact(
                connection.account_id,
                "validation",
                "order",
                contexts[row.id].order_id,
                f"{row.reference} is sent although: {'; '.join(found[row.id].warnings)}.",
                {"shipment_id": row.id},
            )
            for row in noted
        ],
        actor=connection.name,
        now=now,
    )
