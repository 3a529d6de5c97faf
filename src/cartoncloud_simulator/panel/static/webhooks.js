// Where webhooks go, and what became of each.

import { actButton } from "./acts.js";
import { get } from "./api.js";
import { chip, el, moment, statusWords, table } from "./dom.js";

const ENTITIES = ["outbound_orders", "inbound_orders", "consignments"];
const SHOWN = 100;

export const webhooks = {
  title: "Webhooks",
  load: async () => ({ hooks: await get("/webhooks") }),
  draw: ({ hooks }) => [
    el("div.head", {}, el("div", {}, el("h1", {}, "Webhooks"), el("p", {}, "One address per entity, told when something is created and when its status changes."))),
    table("Subscriptions", [
      { name: "Entity", cell: (row) => el("b", {}, statusWords(row.id)) },
      { name: "Goes to", kind: "wide", cell: (row) => row.sent?.url ?? el("span.muted", {}, "nobody") },
      { name: "Shown by", cell: (row) => (row.sent ? `${row.sent.style} ${row.sent.name}` : "–") },
      { name: "", kind: "do", cell: (row) => el("div.acts", {}, actButton("subscribe", { id: row.id, entity: row.id }), row.sent ? actButton("unsubscribe", { id: row.id, entity: row.id }) : null) },
    ], ENTITIES.map((entity) => ({ id: entity, sent: hooks.subscriptions[entity] })), ["", ""]),
    el("section.card", {}, el("h2", {}, "Newest deliveries"), table("Deliveries", [
      { name: "Delivery", kind: "wide", cell: (row) => `${row.number} · ${statusWords(row.entity)} · ${statusWords(row.status)}` },
      { name: "State", cell: (row) => chip(row.state.toUpperCase()) },
      { name: "Attempts", kind: "wide", cell: (row) => el("div.acts", {}, row.attempts.map((attempt) => (attempt.status ? chip(attempt.status) : el("span.muted", {}, attempt.error ?? "no answer")))) },
      { name: "At", cell: (row) => moment(row.at) },
      { name: "", kind: "do", cell: (row) => el("div.acts", {}, actButton("redeliver", { id: row.number, number: row.number })) },
    ], hooks.deliveries.slice(-SHOWN).reverse().map((row) => ({ ...row, id: String(row.number) })), ["Nothing sent yet", "Subscribe above, then let something happen."])),
  ],
};
