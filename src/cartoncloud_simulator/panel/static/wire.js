// Every call as it passes, newest first, and one of them whole.

import { actButton } from "./acts.js";
import { BASE, get } from "./api.js";
import { chip, el, table } from "./dom.js";

const clockTime = (at) => el("time", { datetime: at, title: at }, at.slice(11, 23));
const short = (path) => path.replace(/^\/tenants\/[^/]+/, "…").replace(/([0-9a-f]{8})-[0-9a-f-]{27}/g, "$1…");
const what = (passed) => (passed.direction === "in" ? `${passed.method} ${short(passed.path)}` : `→ ${passed.operation ?? "webhook"}`);

const download = (name, path) => el("a.btn", { href: `${BASE}${path}?download`, download: true }, `Download ${name.toLowerCase()}`);

export function passages(rows, isShort = false) {
  const columns = [
    { name: "Call", kind: "wide", cell: (row) => el("a.name", { href: `#/wire/${row.seq}` }, what(row)) },
    { name: "Answer", cell: (row) => el("span", {}, chip(row.status ?? "-"), row.weather ? el("small", {}, ` ${row.weather.do}`) : null) },
    { name: "Time", cell: (row) => clockTime(row.at) },
  ];
  if (!isShort) columns.splice(2, 0, { name: "Operation", cell: (row) => el("code", {}, row.operation ?? "") }, { name: "ms", kind: "num", cell: (row) => row.milliseconds.toFixed(1) });
  return table("Calls", columns, rows.map((row) => ({ ...row, id: String(row.seq) })), ["Quiet", "Calls of the API appear here as they come, and webhooks as they go."]);
}

export const wire = {
  title: "Wire",
  load: async (query) => {
    const [passed, requests] = await Promise.all([get(`/lists/wire?${new URLSearchParams(query)}`), get("/requests")]);
    return { passed, requests };
  },
  draw: ({ passed, requests }, query) => [
    el("div.head", {}, el("div", {}, el("h1", {}, "Wire"), el("p", {}, `${passed.total.toLocaleString("en")} calls have passed; the newest 200 are shown. Nothing secret is kept.`)), el("div.acts", {}, download("Ledger", "/ledger"), download("Wire log", "/wire"), actButton("reset-requests", {}))),
    el("form.filters", { role: "search" }, el("input", { type: "search", name: "q", "data-find": "wire", value: query.q ?? "", placeholder: "Part of a path, an operation or a status", "aria-label": "Find calls" })),
    passages(passed.rows),
    el("section.card", {}, el("h2", {}, "Counted by call"), counts(requests)),
  ],
};

export function passageView(seq) {
  return {
    title: "A call",
    load: async () => {
      const found = await get(`/wire?after=${Number(seq) - 1}&limit=1`);
      if (found?.seq !== Number(seq)) throw new Error("This call is no longer kept.");
      return { passed: found };
    },
    draw: ({ passed }) => [
      el("div.head", {}, el("div", {}, el("p.crumb", {}, el("a", { href: "#/wire" }, "Wire")), el("h1", {}, what(passed), chip(passed.status ?? "-")))),
      el("section.card", {}, el("h2", {}, "Facts"), el("dl.pairs", {},
        el("dt", {}, "Path"), el("dd", {}, `${passed.path ?? passed.url ?? ""}${passed.query ? `?${passed.query}` : ""}`),
        el("dt", {}, "Operation"), el("dd", {}, passed.operation ?? "none"),
        el("dt", {}, "At"), el("dd", {}, passed.at),
        el("dt", {}, "Took"), el("dd", {}, `${passed.milliseconds} ms`),
        passed.weather ? [el("dt", {}, "Weather"), el("dd", {}, JSON.stringify(passed.weather))] : null)),
      el("div.halves", {}, half("Request", passed.request), half("Answer", passed.answer)),
    ],
  };
}

function half(name, part) {
  if (!part) return el("section.card", {}, el("h2", {}, name), el("p.muted", {}, "None arrived."));
  const headers = Object.entries(part.headers ?? {}).map(([key, value]) => `${key}: ${value}`).join("\n");
  return el("section.card", {}, el("h2", {}, name), el("pre.muted", { tabindex: "0" }, headers), el("h3", {}, "Body"), el("pre", { tabindex: "0" }, pretty(part.body)));
}

function pretty(body) {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body || "empty";
  }
}

function counts(requests) {
  const rows = Object.entries(requests).map(([label, outcomes]) => ({ id: label, label, outcomes }));
  return table("Requests", [
    { name: "Request", kind: "wide", cell: (row) => row.label },
    { name: "Answers", cell: (row) => el("div.acts", {}, Object.entries(row.outcomes).map(([status, count]) => el("span", { "data-key": status }, chip(status), ` ${count.toLocaleString("en")}`))) },
  ], rows, ["Nobody has called yet", "Requests to the API are counted here as they come."]);
}
