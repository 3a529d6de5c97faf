"""Consignments: get and search."""

from cartoncloud_simulator.api import custom_fields, paging, wire
from cartoncloud_simulator.api.call import Answer, Call
from cartoncloud_simulator.rules.refusals import plain
from cartoncloud_simulator.search import engine, fields
from cartoncloud_simulator.world.entities import Consignment


def get_consignment(call: Call) -> Answer:
    body = shown(call, find_consignment(call))
    return wire.without_items(body) if call.prefers("return=no-items") else Answer(200, body)


def search_consignments(call: Call) -> Answer:
    page, headers = paging.cut_page(call, engine.search(call, fields.CONSIGNMENTS))
    if call.prefers("return=minimal"):
        headers["Preference-Applied"] = "return=minimal"
        return Answer(200, wire.encode([{"id": consignment.id} for consignment in page]), headers)
    return Answer(200, wire.join_array(shown(call, consignment) for consignment in page), headers)


def find_consignment(call: Call) -> Consignment:
    consignment = call.world.consignments.by_id.get(call.path["id"])
    if consignment is None:
        raise plain(404, "Consignment not found")
    if not call.sees(consignment):
        raise call.out_of_scope("Consignment")
    return consignment


def shown(call: Call, consignment: Consignment) -> bytes:
    return custom_fields.show(call, consignment.customer_id, wire.consignment_bytes(call.world, consignment))
