// One order, sales or purchase: what staff can do with it, its lines, its facts.

import { actBar } from "./acts.js";
import { get } from "./api.js";
import { chip, copyable, el, shortId, table } from "./dom.js";

const dash = (value) => value || el("span.muted", {}, "–");

const KINDS = {
  outbound: {
    path: "/orders", title: "Sales orders",
    acts: ["approve", "pick", "short-pick", "pack", "dispatch", "revert", "split", "return", "edit", "reprocess", "reject", "delete"],
    columns: [
      { name: "Code", cell: (line) => el("b", {}, line.code) },
      { name: "Quantity", kind: "num", cell: (line) => `${line.quantity} ${line.unit}` },
      { name: "In base units", kind: "num", cell: (line) => line.base_quantity },
      { name: "Packed", kind: "num", cell: (line) => line.packed_base_quantity },
      { name: "Lot", cell: (line) => (line.lot_id ? shortId(line.lot_id) : dash()) },
      { name: "Your line", cell: (line) => dash(line.line_ref) },
    ],
    facts: (order) => [
      ["Tracking", dash(order.tracking_numbers.join(", "))],
      ["Consignments", order.consignment_ids.length ? order.consignment_ids.map((id) => shortId(id)) : dash()],
      ["Dispatched", dash(order.dispatched_at)],
    ],
  },
  inbound: {
    path: "/inbound-orders", title: "Purchase orders",
    acts: ["in-approve", "receive", "verify", "put-away", "in-split", "in-revert", "in-edit", "in-reprocess", "in-reject", "in-delete"],
    columns: [
      { name: "Code", cell: (line) => el("b", {}, line.code) },
      { name: "Expected", kind: "num", cell: (line) => `${line.expected} ${line.unit}` },
      { name: "Quantity", kind: "num", cell: (line) => `${line.quantity} ${line.unit}` },
      { name: "Status", cell: (line) => chip(line.status) },
      { name: "Lot", cell: (line) => (line.lot_id ? shortId(line.lot_id) : dash()) },
      { name: "Properties", kind: "wide", cell: (line) => dash(Object.entries(line.properties).map(([name, value]) => `${name} ${value}`).join(", ")) },
    ],
    facts: (order) => [
      ["Made by", order.origin || "the API"],
      ["Part of", order.parent_id ? el("a", { href: `#/inbound/${order.parent_id}` }, order.parent_id) : dash()],
    ],
  },
};

const orderView = (kind) => (id) => ({
  title: kind.title,
  load: async () => ({ order: await get(`${kind.path}/${id}`) }),
  draw: ({ order }) => {
    const lines = order.lines.map((line) => ({ id: line.item_id, code: line.code, quantity: line.quantity, unit: line.unit, note: line.line_ref }));
    const troubles = [...order.errors, ...(order.warnings ?? [])];
    const facts = [["Id", copyable(order.id)], ["Version", String(order.version)], ...kind.facts(order)];
    return [
      el("div.head", {}, el("div", {}, el("p.crumb", {}, el("a", { href: `#/${kind === KINDS.inbound ? "inbound" : "outbound"}` }, kind.title)), el("h1", {}, order.reference, chip(order.status)))),
      el("div.notes", {}, troubles.map((trouble) => el("p.note", {}, trouble))),
      el("section.card", {}, el("h2", {}, "What staff can do"), actBar(kind.acts, { id, reference: order.reference, status: order.status, lines })),
      el("section.card", {}, el("h2", {}, "Lines"), table("Lines", kind.columns, order.lines.map((line) => ({ ...line, id: line.item_id })), ["No lines", "A rejected order keeps none, unless the settings say so."])),
      el("section.card", {}, el("h2", {}, "Facts"), el("dl.pairs", {}, facts.map(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]))),
    ];
  },
});

export const ONE = { outbound: orderView(KINDS.outbound), inbound: orderView(KINDS.inbound) };
