"""Which control path does what."""

from starlette.routing import Route

from cartoncloud_simulator.control import goods, lists, observation, orders, tenant, time, transport, weather
from cartoncloud_simulator.control.endpoint import Control, Handle
from cartoncloud_simulator.simulator import Simulator

_PATHS: dict[str, dict[str, Handle]] = {
    "/health": {"GET": tenant.show_health},
    "/openapi.json": {"GET": observation.describe_api},
    "/state": {"GET": tenant.show_state},
    "/settings": {"GET": tenant.show_settings, "PATCH": tenant.change_settings},
    "/settings/descriptions": {"GET": tenant.describe_all_settings},
    "/settings/schema": {"GET": tenant.show_settings_schema},
    "/clock": {"GET": time.show_clock, "PATCH": time.turn_clock},
    "/clock/advance": {"POST": time.advance_clock},
    "/customers": {"POST": tenant.add_customer},
    "/customers/{id}": {"PATCH": tenant.change_customer},
    "/warehouses": {"POST": tenant.add_warehouse},
    "/clients": {"POST": tenant.add_client},
    "/clients/{id}": {"PATCH": tenant.change_client},
    "/clients/{id}/rotate": {"POST": tenant.rotate_client},
    "/products": {"POST": goods.put_products},
    "/stock": {"GET": goods.list_stock, "POST": goods.receive_stock},
    "/crew": {"GET": orders.show_crew, "POST": orders.instruct_crew},
    "/crew/step": {"POST": orders.step_crew},
    "/orders": {"GET": orders.list_orders},
    "/orders/{id}": {"GET": orders.show_order, "PATCH": orders.edit_order, "DELETE": orders.remove_order},
    "/orders/{id}/pick": {"POST": orders.pick_order},
    "/orders/{id}/pack": {"POST": orders.pack_order},
    "/orders/{id}/dispatch": {"POST": orders.dispatch_order},
    "/orders/{id}/revert": {"POST": orders.revert_order},
    "/orders/{id}/reject": {"POST": orders.reject_order},
    "/consignments": {"POST": transport.add_fulfilment},
    "/consignments/{id}": {"POST": transport.correct_consignment, "DELETE": transport.remove_consignment},
    "/drivers": {"POST": transport.add_driver},
    "/delivery-runs": {"POST": transport.add_delivery_run},
    "/run-sheets": {"POST": transport.add_run_sheet},
    "/run-sheets/{id}": {"PATCH": transport.change_run_sheet},
    "/manifests": {"POST": transport.add_manifest},
    "/documents/{id}/print": {"POST": transport.print_document},
    "/lists/{name}": {"GET": lists.show_list},
    "/ledger": {"GET": observation.read_ledger},
    "/requests": {"GET": observation.show_requests},
    "/requests/reset": {"POST": observation.reset_requests},
    "/wire": {"GET": observation.read_wire},
    "/events": {"GET": observation.stream_events},
    "/faults": {"GET": weather.show_faults, "POST": weather.add_faults, "DELETE": weather.clear_faults},
    "/storm": {"GET": weather.show_storm, "POST": weather.raise_storm, "DELETE": weather.calm_storm},
    "/storm/forecast": {"GET": weather.forecast},
}


def build_routes(simulator: Simulator) -> list[Route]:
    return [Route(f"/_sim{path}", Control(simulator, handlers)) for path, handlers in _PATHS.items()]
