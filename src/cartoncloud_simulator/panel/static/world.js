// What surrounds the warehouse: the overview, the wire, the weather, the clock, the settings.

import { actButton, shellLine } from "./acts.js";
import { get } from "./api.js";
import { chip, copyable, el, inFlow, moment, statusWords, table } from "./dom.js";
import { passages } from "./wire.js";

export const overview = {
  title: "Overview",
  load: async () => {
    const [state, crew, clock, newest, passed] = await Promise.all(
      ["/state", "/crew", "/clock", "/lists/outbound-orders?size=6", "/lists/wire"].map(get));
    return { state, crew, clock, newest, passed: passed.rows.slice(0, 8) };
  },
  draw: ({ state, crew, clock, newest, passed }) => [
    el("div.head", {}, el("div", {}, el("h1", {}, state.tenant.name), el("p", {}, "A pretended CartonCloud tenant. What you do here, any program can do under /_sim.")),
      el("div.acts", {}, actButton("advance-clock", {}, { primary: true }))),
    el("div.stats", {},
      inFlow(state.orders).map(([status, count]) => el("a", { href: `#/outbound?status=${status}`, "data-key": status }, el("span", {}, statusWords(status)), el("strong", {}, count.toLocaleString("en")))),
      el("a", { href: "#/inbound", "data-key": "inbound" }, el("span", {}, "Purchase orders"), el("strong", {}, Object.values(state.inbound_orders).reduce((sum, count) => sum + count, 0).toLocaleString("en"))),
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
          el("div.acts", {}, actButton(crew.running ? "stop-crew" : "start-crew", {}), actButton("step-crew", {}), actButton("instruct-crew", crew))),
        el("section.card", {}, el("h2", {}, "Connect"), el("dl.pairs", {},
          el("dt", {}, "Base URL"), el("dd", {}, copyable(location.origin)),
          el("dt", {}, "Tenant"), el("dd", {}, copyable(state.tenant.id)),
          el("dt", {}, "Client"), el("dd", {}, copyable(state.clients[0].id)),
          el("dt", {}, "Secret"), el("dd.muted", {}, "in the terminal that started the simulator"),
          state.customers.flatMap((customer) => [el("dt", {}, "Customer"), el("dd", {}, copyable(customer.id, `${customer.name} · ${customer.id.slice(0, 8)}…`))]),
          state.warehouses.flatMap((warehouse) => [el("dt", {}, "Warehouse"), el("dd", {}, copyable(warehouse.id, `${warehouse.name} · ${warehouse.id.slice(0, 8)}…`))])))),
      el("div", {},
        el("section.card", {}, el("h2", {}, "On the wire", el("a", { href: "#/wire" }, "All")), passages(passed, true)),
        el("section.card", {}, el("h2", {}, "Clock", chip(clock.mode === "real" ? "REAL" : clock.mode.toUpperCase())), el("p.big", {}, clock.local.slice(0, 16).replace("T", " "))))),
  ],
};

export const weather = {
  title: "Weather",
  load: async () => {
    const [faults, storm, operations] = await Promise.all([get("/faults"), get("/storm"), nameOperations()]);
    return { faults, storm: storm.storm, operations };
  },
  draw: ({ faults, storm, operations }) => [
    el("div.head", {}, el("div", {}, el("h1", {}, "Weather"), el("p", {}, "What goes wrong on purpose: the script first, in its order, then the storm, by chance.")),
      el("div.acts", {}, storm ? actButton("calm-storm", {}) : actButton("raise-storm", {}), actButton("break", { operations }, { primary: true }))),
    storm ? el("section.card", {}, el("h2", {}, "Storm", chip("BLOWING")), el("dl.pairs", {}, Object.entries(storm).map(([name, value]) => [el("dt", {}, statusWords(name)), el("dd", {}, written(value))]))) : el("div"),
    el("section.card", {}, el("h2", {}, "Script", faults.script.length ? actButton("clear-faults", {}) : null), table("Faults", [
      { name: "Operation", cell: (fault) => el("code", {}, fault.operation) },
      { name: "What happens", cell: (fault) => fault.do },
      { name: "Status", cell: (fault) => (fault.do === "status" ? chip(fault.status ?? 503) : "–") },
      { name: "Delay", kind: "num", cell: (fault) => (fault.delay_seconds ? `${fault.delay_seconds} s` : "–") },
      { name: "Times", kind: "num", cell: (fault) => String(fault.times ?? 1) },
    ], faults.script.map((fault, index) => ({ ...fault, id: String(index) })), ["Fair weather", storm ? "No fault is waiting; the storm blows by itself." : "Nothing is waiting to go wrong."])),
  ],
};

const written = (value) => (Array.isArray(value) ? value.join(" to ") : value && typeof value === "object" ? Object.entries(value).map(([key, share]) => `${key} ${share}`).join(", ") || "none" : String(value));

// The names of operations are those of the API's description.
let operations;
async function nameOperations() {
  if (operations) return operations;
  const { paths } = await get("/openapi.json");
  const named = Object.values(paths).flatMap((methods) => Object.values(methods).map((operation) => operation.operationId));
  return (operations = ["*", ...named.sort(), "webhook_outbound_orders", "webhook_inbound_orders", "webhook_consignments"]);
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
    const found = Object.entries(schema.properties).filter(([name, { chapter, description }]) => `${name} ${chapter} ${description}`.toLowerCase().includes(wanted));
    const chapters = [...new Set(found.map(([, { chapter }]) => chapter))];
    return [
      el("div.head", {}, el("div", {}, el("h1", {}, "Settings"), el("p", {}, "Where the real API's documentation is silent, and what a warehouse decides."))),
      el("form.filters", { role: "search" }, el("input", { type: "search", name: "q", "data-find": "settings", value: query.q ?? "", placeholder: "Part of a name, description or chapter", "aria-label": "Find a setting" })),
      ...chapters.map((chapter) => el("section.card", { "data-key": chapter }, el("h2", {}, chapter), found.filter(([, about]) => about.chapter === chapter).map(([name, about]) => setting(name, about, values[name])))),
      ...(chapters.length ? [] : [el("section.card", {}, el("div.empty", {}, el("h2", {}, "No such setting")))]),
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
