"""Consignments: get and search."""

import msgspec

from cartoncloud_simulator.api import paging, wire
from cartoncloud_simulator.api.call import Answer, Call
from cartoncloud_simulator.rules.refusals import plain
from cartoncloud_simulator.search import engine, fields


def get_consignment(call: Call) -> Answer:
    consignment = call.world.consignments.by_id.get(call.path["id"])
    if consignment is None:
        raise plain(404, "Consignment not found")
    if not call.sees(consignment):
        raise call.out_of_scope("Consignment")
    body = wire.consignment_bytes(call.world, consignment)
    if not call.prefers("return=no-items"):
        return Answer(200, body)
    document = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    document.pop("items", None)
    return Answer(200, wire.encode(document), {"Preference-Applied": "return=no-items"})


def search_consignments(call: Call) -> Answer:
    found = engine.search(call, fields.CONSIGNMENTS)
    page, headers = paging.cut_page(call, found)
    if call.prefers("return=minimal"):
        headers["Preference-Applied"] = "return=minimal"
        return Answer(200, wire.encode([{"id": consignment.id} for consignment in page]), headers)
    body = wire.join_array(wire.consignment_bytes(call.world, consignment) for consignment in page)
    return Answer(200, body, headers)
