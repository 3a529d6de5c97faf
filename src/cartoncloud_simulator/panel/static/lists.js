// The lists: each is one page of the newest, with the same search, tabs and pager.

import { actBar, actButton } from "./acts.js";
import { get } from "./api.js";
import { chip, copyable, el, inFlow, moment, shortId, statusWords, table } from "./dom.js";

const link = (view, row) => el("a.name", { href: `#/${view}/${row.id}` }, row.reference);
const dash = (value) => value || el("span.muted", {}, "–");
const IN_NEXT = { DRAFT: "in-approve", NOT_YET_RECEIVED: "receive", RECEIVED: "put-away", VERIFIED: "put-away" };
const NEXT = { DRAFT: "approve", AWAITING_PICK_AND_PACK: "pick", PACKING_IN_PROGRESS: "pack", PICKED: "pack", PACKED: "dispatch" };

const lotContext = ({ id, code, customer_id, customer, status, location, batch, expiry }) => ({ id, code, customer_id, customers: [[customer_id, customer]], state: status, location, batch, expiry });

export const LISTS = {
  outbound: {
    list: "outbound-orders", title: "Sales orders", find: "Part of a reference, or the start of an id",
    empty: ["No sales orders here", "They come in by POST /tenants/{tenant}/outbound-orders."],
    columns: [
      { name: "Reference", cell: (row) => link("outbound", row) },
      { name: "Status", cell: (row) => chip(row.status) },
      { name: "Customer", cell: (row) => row.customer },
      { name: "Lines", kind: "num", cell: (row) => String(row.lines) },
      { name: "Tracking", kind: "wide", cell: (row) => dash(row.tracking.join(", ")) },
      { name: "Changed", cell: (row) => moment(row.modified) },
      { name: "", kind: "do", cell: (row) => el("div.acts", {}, NEXT[row.status] ? actButton(NEXT[row.status], { id: row.id, reference: row.reference, status: row.status }) : null) },
    ],
  },
  inbound: {
    list: "inbound-orders", title: "Purchase orders", find: "Part of a reference, or the start of an id",
    empty: ["No purchase orders here", "They come in by POST /tenants/{tenant}/inbound-orders."],
    columns: [
      { name: "Reference", cell: (row) => link("inbound", row) },
      { name: "Status", cell: (row) => chip(row.status) },
      { name: "Customer", cell: (row) => row.customer },
      { name: "Lines", kind: "num", cell: (row) => String(row.lines) },
      { name: "Arrival", cell: (row) => dash(row.arrival) },
      { name: "Made by", cell: (row) => dash(row.origin) },
      { name: "Changed", cell: (row) => moment(row.modified) },
      { name: "", kind: "do", cell: (row) => el("div.acts", {}, IN_NEXT[row.status] ? actButton(IN_NEXT[row.status], { id: row.id, reference: row.reference, status: row.status }) : null) },
    ],
  },
  stock: {
    list: "lots", title: "Stock by lot", find: "Part of a code, batch or location", acts: ["receive-stock"],
    empty: ["Nothing on the shelves", "Put goods there by hand, or receive a purchase order."],
    columns: [
      { name: "Code", cell: (row) => el("span", {}, el("b", {}, row.code), " ", el("small", {}, row.product)) },
      { name: "Customer", cell: (row) => row.customer },
      { name: "On hand", kind: "num", cell: (row) => row.on_hand },
      { name: "Allocated", kind: "num", cell: (row) => row.allocated },
      { name: "Free", kind: "num", cell: (row) => `${row.free} ${row.unit}` },
      { name: "Batch", cell: (row) => dash(row.batch) },
      { name: "Expiry", cell: (row) => dash(row.expiry) },
      { name: "Location", cell: (row) => row.location },
      { name: "Status", cell: (row) => chip(row.status) },
      { name: "", kind: "do", cell: (row) => el("div.acts", {}, actButton("adjust", lotContext(row)), actButton("change-lot", lotContext(row))) },
    ],
  },
  products: {
    list: "products", title: "Products", find: "Part of a code or name", acts: ["add-product"],
    empty: ["No products", "They come in by POST /tenants/{tenant}/warehouse-products, or by hand."],
    columns: [
      { name: "Code", cell: (row) => el("b", {}, row.code) },
      { name: "Name", kind: "wide", cell: (row) => row.name },
      { name: "Customer", cell: (row) => row.customer },
      { name: "Units", cell: (row) => Object.entries(row.units).map(([unit, size]) => `${unit} ${size}`).join(" · ") },
      { name: "State", cell: (row) => chip(row.active ? "OK" : "INACTIVE") },
      { name: "Id", cell: (row) => shortId(row.id) },
      { name: "", kind: "do", cell: (row) => el("div.acts", {}, actButton("receive-stock", { id: row.id, code: row.code, customer_id: row.customer_id, customers: [[row.customer_id, row.customer]] })) },
    ],
  },
  consignments: {
    list: "consignments", title: "Consignments", find: "Part of a reference or tracking number",
    empty: ["No consignments", "An order gets its consignment when it is packed, or as consignment_generation says."],
    columns: [
      { name: "Order", cell: (row) => (row.order_id ? el("a.name", { href: `#/outbound/${row.order_id}` }, row.reference) : dash(row.reference)) },
      { name: "Status", cell: (row) => chip(row.status) },
      { name: "Customer", cell: (row) => row.customer },
      { name: "Carrier", kind: "wide", cell: (row) => dash(row.carrier) },
      { name: "Tracking", kind: "wide", cell: (row) => (row.tracking ? copyable(row.tracking) : dash()) },
      { name: "Packages", kind: "num", cell: (row) => String(row.packages) },
      { name: "Changed", cell: (row) => moment(row.modified) },
      { name: "", kind: "do", cell: (row) => el("div.acts", {}, actButton("correct-consignment", row)) },
    ],
  },
  reports: {
    list: "report-runs", title: "Report runs", find: "Part of a status",
    empty: ["No report runs", "They are started by POST /tenants/{tenant}/report-runs."],
    columns: [
      { name: "Run", cell: (row) => shortId(row.id) },
      { name: "Type", cell: (row) => row.type },
      { name: "Status", cell: (row) => chip(row.status) },
      { name: "Customer", cell: (row) => row.customer },
      { name: "Warehouse", cell: (row) => row.warehouse },
      { name: "Due", cell: (row) => moment(row.due) },
      { name: "Rows", kind: "num", cell: (row) => String(row.rows) },
    ],
  },
};

// The address of a list with some of its query changed; what is empty is left out.
function at(view, query, change) {
  const merged = Object.entries({ ...query, ...change }).filter(([, value]) => value);
  return `#/${view}${merged.length ? `?${new URLSearchParams(merged)}` : ""}`;
}

export function listView(view) {
  const { list, title, find, empty, columns, acts = [] } = LISTS[view];
  return {
    title,
    load: async (query) => {
      const [found, state] = await Promise.all([get(`/lists/${list}?${new URLSearchParams(query)}`), acts.length ? get("/state") : null]);
      return { found, customers: state?.customers.map((customer) => [customer.id, customer.name]) };
    },
    draw: ({ found, customers }, query) => [
      el("div.head", {}, el("h1", {}, title), el("div.acts", {}, acts.map((name) => actButton(name, { customers })))),
      el("form.filters", { role: "search" }, el("input", { type: "search", name: "q", "data-find": view, value: query.q ?? "", placeholder: find, "aria-label": find })),
      tabs(view, query, found),
      table(title, columns, found.rows, query.q || query.status ? ["Nothing matches", "Try fewer letters, or another tab."] : empty),
      pager(view, query, found),
    ],
  };
}

function tabs(view, query, { statuses }) {
  const names = inFlow(statuses).map(([status]) => status);
  if (names.length < 2 && !query.status) return el("div");
  const total = Object.values(statuses).reduce((sum, count) => sum + count, 0);
  const tab = (status, name, count) => el("a", { href: at(view, query, { status, page: "" }), "aria-current": (query.status ?? "") === status ? "page" : null, "data-key": status || "all" }, name, el("b", {}, count.toLocaleString("en")));
  return el("nav.tabs", { "aria-label": "Statuses" }, tab("", "All", total), names.map((status) => tab(status, statusWords(status), statuses[status])));
}

function pager(view, query, { total, page, pages }) {
  const step = (to, name) => (to >= 1 && to <= pages ? el("a.btn.small", { href: at(view, query, { page: to > 1 ? String(to) : "" }) }, name) : null);
  return el("div.pager", {}, el("span", {}, `${total.toLocaleString("en")} in all${pages > 1 ? `, page ${page} of ${pages.toLocaleString("en")}` : ""}`), step(page - 1, "Newer"), step(page + 1, "Older"));
}

