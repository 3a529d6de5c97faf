// What surrounds the warehouse: the overview, the wire, the weather, the clock, the settings.

import { actButton, shellLine } from "./acts.js";
import { get } from "./api.js";
import { chip, copyable, el, moment, statusWords, table } from "./dom.js";

export const overview = {
  title: "Overview",
  load: async () => {
    const [state, crew, clock, newest, requests] = await Promise.all(
      ["/state", "/crew", "/clock", "/lists/outbound-orders?size=6", "/requests"].map(get));
    return { state, crew, clock, newest, requests };
  },
  draw: ({ state, crew, clock, newest, requests }) => [
    el("div.head", {}, el("div", {}, el("h1", {}, state.tenant.name), el("p", {}, "A pretended CartonCloud tenant. What you do here, any program can do under /_sim.")),
      el("div.acts", {}, actButton("break", { operations: OPERATIONS }), actButton("advance-clock", {}, { primary: true }))),
    el("div.stats", {},
      Object.entries(state.orders).map(([status, count]) => el("a", { href: `#/outbound?status=${status}`, "data-key": status }, el("span", {}, statusWords(status)), el("strong", {}, count.toLocaleString("en")))),
      el("a", { href: "#/consignments", "data-key": "consignments" }, el("span", {}, "Consignments"), el("strong", {}, state.consignments.toLocaleString("en"))),
      el("a", { href: "#/stock", "data-key": "lots" }, el("span", {}, "Lots"), el("strong", {}, state.lots.toLocaleString("en")))),
    el("div.halves", {},
      el("div", {},
        el("section.card", {}, el("h2", {}, "Newest sales orders", el("a", { href: "#/outbound" }, "All")), table("Newest sales orders", [
          { name: "Reference", cell: (row) => el("a.name", { href: `#/outbound/${row.id}` }, row.reference) },
          { name: "Status", cell: (row) => chip(row.status) },
          { name: "Changed", cell: (row) => moment(row.modified) },
        ], newest.rows, ["No orders yet", "They come in by the API."])),
        el("section.card", {}, el("h2", {}, "The crew", chip(crew.running ? "WORKING" : "RESTING")),
          el("p.muted", {}, `${crew.waiting.toLocaleString("en")} orders wait. ${crew.processed.toLocaleString("en")} done, ${crew.short_picked.toLocaleString("en")} of them short. ${crew.orders_per_second ? `${crew.orders_per_second} orders a second.` : "As fast as possible."}`),
          el("br"),
          el("div.acts", {}, actButton(crew.running ? "stop-crew" : "start-crew", {}), actButton("step-crew", {}), actButton("instruct-crew", crew)))),
      el("div", {},
        el("section.card", {}, el("h2", {}, "Connect"), el("dl.pairs", {},
          el("dt", {}, "Base URL"), el("dd", {}, copyable(location.origin)),
          el("dt", {}, "Tenant"), el("dd", {}, copyable(state.tenant.id)),
          el("dt", {}, "Client"), el("dd", {}, copyable(state.clients[0].id)),
          el("dt", {}, "Secret"), el("dd.muted", {}, "in the terminal that started the simulator"),
          state.customers.flatMap((customer) => [el("dt", {}, "Customer"), el("dd", {}, copyable(customer.id, `${customer.name} · ${customer.id}`))]),
          state.warehouses.flatMap((warehouse) => [el("dt", {}, "Warehouse"), el("dd", {}, copyable(warehouse.id, `${warehouse.name} · ${warehouse.id}`))]))),
        el("section.card", {}, el("h2", {}, "Clock", chip(clock.mode === "real" ? "REAL" : clock.mode.toUpperCase())), el("p.big", {}, clock.local.slice(0, 16).replace("T", " "))),
        el("section.card", {}, el("h2", {}, "Requests", el("a", { href: "#/wire" }, "Wire")), counts(requests)))),
  ],
};

const OPERATIONS = [];

export const wire = {
  title: "Wire",
  load: async () => ({ requests: await get("/requests") }),
  draw: ({ requests }) => [
    el("div.head", {}, el("h1", {}, "Wire"), actButton("reset-requests", {})),
    el("section.card", {}, counts(requests)),
  ],
};

function counts(requests) {
  const rows = Object.entries(requests).map(([label, outcomes]) => ({ id: label, label, outcomes }));
  return table("Requests", [
    { name: "Request", kind: "wide", cell: (row) => row.label },
    { name: "Answers", cell: (row) => el("div.acts", {}, Object.entries(row.outcomes).map(([status, count]) => el("span", { "data-key": status }, chip(status), ` ${count.toLocaleString("en")}`))) },
  ], rows, ["Nobody has called yet", "Requests to the API are counted here as they come."]);
}

export const weather = {
  title: "Weather",
  load: async () => ({ faults: await get("/faults"), operations: await operations() }),
  draw: ({ faults, operations }) => [
    el("div.head", {}, el("div", {}, el("h1", {}, "Weather"), el("p", {}, "What goes wrong on purpose, in the order given.")),
      el("div.acts", {}, actButton("clear-faults", {}), actButton("break", { operations }, { primary: true }))),
    table("Faults", [
      { name: "Operation", cell: (fault) => el("code", {}, fault.operation) },
      { name: "What happens", cell: (fault) => fault.do },
      { name: "Status", cell: (fault) => (fault.do === "status" ? chip(fault.status ?? 503) : "") },
      { name: "Delay", kind: "num", cell: (fault) => (fault.delay_seconds ? `${fault.delay_seconds} s` : "") },
      { name: "Times", kind: "num", cell: (fault) => String(fault.times) },
    ], faults.script.map((fault, index) => ({ ...fault, id: String(index) })), ["Fair weather", "Nothing is waiting to go wrong."]),
  ],
};

// The names of the operations are those the description of the API gives.
let known;
async function operations() {
  if (!known) {
    const { paths } = await get("/openapi.json");
    known = ["*", ...new Set(Object.values(paths).flatMap((methods) => Object.values(methods).map((operation) => operation.operationId)).filter(Boolean))];
    OPERATIONS.splice(0, OPERATIONS.length, ...known);
  }
  return known;
}

export const clock = {
  title: "Clock",
  load: async () => ({ clock: await get("/clock") }),
  draw: ({ clock }) => [
    el("div.head", {}, el("h1", {}, "Clock"), el("div.acts", {}, actButton("turn-clock", clock), actButton("advance-clock", {}, { primary: true }))),
    el("section.card", {}, el("p.big", {}, clock.local.replace("T", " ")), el("p.muted", {}, clock.now), el("br"), el("dl.pairs", {},
      el("dt", {}, "Mode"), el("dd", {}, chip(clock.mode.toUpperCase())),
      clock.factor ? [el("dt", {}, "Factor"), el("dd", {}, String(clock.factor))] : null,
      clock.step_seconds ? [el("dt", {}, "Step"), el("dd", {}, `${clock.step_seconds} s with every call`)] : null)),
    el("section.card", {}, el("h2", {}, "From a shell"), shellLine("POST", "/clock/advance", { days: 7 })),
  ],
};

export const settings = {
  title: "Settings",
  load: async () => {
    const [values, schema] = await Promise.all([get("/settings"), get("/settings/schema")]);
    return { values, schema };
  },
  draw: ({ values, schema }, query) => {
    const wanted = (query.q ?? "").toLowerCase();
    const names = Object.keys(schema.properties).filter((name) => `${name} ${schema.properties[name].description}`.toLowerCase().includes(wanted));
    return [
      el("div.head", {}, el("div", {}, el("h1", {}, "Settings"), el("p", {}, "Where the real API's documentation is silent, and what a warehouse decides."))),
      el("form.filters", { role: "search" }, el("input", { type: "search", name: "q", "data-find": "settings", value: query.q ?? "", placeholder: "Part of a name or description", "aria-label": "Find a setting" })),
      el("section.card", {}, names.length ? names.map((name) => setting(name, schema.properties[name], values[name])) : el("div.empty", {}, el("h2", {}, "No such setting"))),
      el("section.card", {}, el("h2", {}, "From a shell"), shellLine("PATCH", "/settings", { outbound_rate_limit_enabled: false })),
    ];
  },
};

function setting(name, schema, value) {
  const id = `setting-${name}`;
  const attributes = { id, "data-setting": name, "aria-describedby": `${id}-about` };
  const written = JSON.stringify(value);
  const choices = schema.enum ?? (schema.type === "boolean" ? [true, false] : null);
  const control = choices
    ? el("select", { ...attributes, "data-json": true }, choices.map((choice) => el("option", { value: JSON.stringify(choice), selected: JSON.stringify(choice) === written }, String(choice))))
    : schema.type === "string"
      ? el("input", { ...attributes, value })
      : el("input", { ...attributes, "data-json": true, value: written, inputmode: /integer|number/.test(schema.type) ? "decimal" : null });
  const changed = written !== JSON.stringify(schema.default);
  return el(`div.setting${changed ? ".changed" : ""}`, { "data-key": name }, el("div", {}, el("label", { for: id }, name), el("p", { id: `${id}-about` }, schema.description, changed ? ` Otherwise ${JSON.stringify(schema.default)}.` : "")), control);
}
