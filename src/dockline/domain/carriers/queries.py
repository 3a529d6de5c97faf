"""What is asked about carriers."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db import connection
from django.db.models import Q, QuerySet

from dockline.domain.accounts.rules import AccountId
from dockline.domain.carriers.models import Carrier, Service
from dockline.domain.carriers.rules import CarrierLine
from dockline.kit.errors import NotFound


class UnknownCarrier(NotFound):
    """There is no such carrier."""


@dataclass(frozen=True)
class ServiceRow:
    """One service of a carrier."""

    id: int
    code: str
    name: str


@dataclass(frozen=True)
class CarrierRow:
    """One carrier with its services."""

    id: int
    account_id: AccountId
    account_name: str
    code: str
    name: str
    services: tuple[ServiceRow, ...]


def count_carriers(*, account_id: AccountId | None, text: str = "") -> int:
    """Count carriers whose code or name, or a service's, contains the text."""
    return _matching(account_id, text).count()


def list_carriers(
    *, account_id: AccountId | None, text: str = "", offset: int = 0, limit: int = 50
) -> tuple[CarrierRow, ...]:
    """List carriers by code with their services."""
    page = list(_matching(account_id, text).select_related("account").order_by("code", "id")[offset : offset + limit])
    return _with_services(page)


def get_carrier(carrier_id: int) -> CarrierRow:
    """Return one carrier. Raises UnknownCarrier."""
    found = list(Carrier.objects.select_related("account").filter(pk=carrier_id))
    if not found:
        raise UnknownCarrier()
    return _with_services(found)[0]


def list_codes(account_id: int, *, limit: int = 2000) -> list[tuple[str, str]]:
    """List what may be asked for as (carrier, service) codes; the carrier alone has an empty service."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT carrier.code, '' FROM carriers_carrier carrier WHERE carrier.account_id = %(account)s
            UNION ALL
            SELECT carrier.code, service.code FROM carriers_service service
            JOIN carriers_carrier carrier ON carrier.id = service.carrier_id WHERE carrier.account_id = %(account)s
            ORDER BY 1, 2 LIMIT %(limit)s
            """,
            {"account": account_id, "limit": limit},
        )
        return list(cursor.fetchall())


_LINES = """
SELECT line.* FROM (
    SELECT carrier.code, carrier.name, '' AS service, '' AS service_name FROM carriers_carrier carrier
    WHERE carrier.account_id = %(account)s
    UNION ALL
    SELECT carrier.code, carrier.name, service.code, service.name FROM carriers_service service
    JOIN carriers_carrier carrier ON carrier.id = service.carrier_id
    WHERE carrier.account_id = %(account)s) line
WHERE %(codes)s::text[] IS NULL OR line.code = ANY(%(codes)s)
ORDER BY line.code COLLATE "C", line.service COLLATE "C"
"""


def list_lines(account_id: int) -> Iterator[CarrierLine]:
    """List the whole master list in the order of its file; read it to its end in one transaction."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(_LINES, {"account": account_id, "codes": None})
        for row in cursor:
            yield CarrierLine(*row)


def find_lines(account_id: int, codes: Iterable[str]) -> list[CarrierLine]:
    """List these carriers, as far as there are any, with all their services."""
    with connection.cursor() as cursor:
        cursor.execute(_LINES, {"account": account_id, "codes": sorted(codes)})
        return [CarrierLine(*row) for row in cursor.fetchall()]


def _matching(account_id: AccountId | None, text: str) -> QuerySet[Carrier]:
    carriers = Carrier.objects.all() if account_id is None else Carrier.objects.filter(account_id=account_id)
    if text:
        services = Service.objects.filter(Q(code__icontains=text) | Q(name__icontains=text))
        carriers = carriers.filter(
            Q(code__icontains=text) | Q(name__icontains=text) | Q(pk__in=services.values("carrier_id"))
        )
    return carriers


def _with_services(carriers: list[Carrier]) -> tuple[CarrierRow, ...]:
    services: dict[int, list[ServiceRow]] = {}
    for service in Service.objects.filter(carrier__in=carriers).order_by("carrier_id", "code", "id"):
        services.setdefault(service.carrier_id, []).append(ServiceRow(service.pk, service.code, service.name))
    return tuple(
        CarrierRow(
            id=carrier.pk,
            account_id=AccountId(carrier.account_id),
            account_name=carrier.account.name,
            code=carrier.code,
            name=carrier.name,
            services=tuple(services.get(carrier.pk, ())),
        )
        for carrier in carriers
    )
