"""Rejected orders disappear after the days their customer's settings give them."""

from cartoncloud_simulator.rules import inbound_intake, intake, ledger_entries
from cartoncloud_simulator.world.world import World

_DAY_SECONDS = 86_400
_HOUR_SECONDS = 3_600


def schedule(world: World) -> None:
    """Purge what is due every hour from now on."""

    def purge_and_go_on() -> None:
        purge_rejected(world)
        schedule(world)

    world.timetable.at(world.clock.seconds() + _HOUR_SECONDS, purge_and_go_on)


def purge_rejected(world: World, *, older_than_days: int | None = None) -> list[str]:
    """Remove what is due by the settings, or all rejected for longer than so many days; says which ids went."""
    limits = {
        customer_id: world.customer_settings(customer_id).rejected_purge_days or None for customer_id in world.customers
    }
    if older_than_days is not None:
        limits = dict.fromkeys(limits, older_than_days)
    shortest = min((days for days in limits.values() if days is not None), default=None)
    if shortest is None:
        return []
    return _purge_outbound(world, limits, shortest) + _purge_inbound(world, limits, shortest)


def _purge_outbound(world: World, limits: dict[str, int | None], shortest: int) -> list[str]:
    due = []
    for order in world.orders.longest_in_status("REJECTED"):
        if not _is_over(world, order.modified_at, shortest):
            break
        if _is_over(world, order.modified_at, limits[order.customer_id]):
            due.append(order)
    for order in due:
        intake.remove_order(world, order)
        ledger_entries.record_deleted(world, order, by="purge")
    return [order.id for order in due]


def _purge_inbound(world: World, limits: dict[str, int | None], shortest: int) -> list[str]:
    due = []
    for order in world.inbound_orders.longest_in_status("REJECTED"):
        if not _is_over(world, order.modified_at, shortest):
            break
        if _is_over(world, order.modified_at, limits[order.customer_id]):
            due.append(order)
    for order in due:
        inbound_intake.remove_order(world, order)
    return [order.id for order in due]


def _is_over(world: World, since: int, days: int | None) -> bool:
    return days is not None and world.clock.now() - since >= days * _DAY_SECONDS
