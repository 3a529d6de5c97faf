// The frame: which view is shown, keeping it fresh, and what buttons and keys do.

import { runAct } from "./acts.js";
import { all, el, one, refreshChildren } from "./dom.js";
import { LISTS, listView } from "./lists.js";
import { ONE } from "./orders.js";
import { webhooks } from "./webhooks.js";
import { passageView, wire } from "./wire.js";
import * as world from "./world.js";

const REFRESH_MILLISECONDS = 1000;
const VIEWS = { "": world.overview, wire, webhooks, weather: world.weather, clock: world.clock, settings: world.settings };
ONE.wire = passageView;
for (const name of Object.keys(LISTS)) VIEWS[name] = listView(name);

let shown = null;
let drawn = "";
let isAsking = false;

function place() {
  const [path, query = ""] = location.hash.replace(/^#\//, "").split("?");
  const [name, id] = path.split("/");
  return { name, view: id && ONE[name] ? ONE[name](id) : VIEWS[name], query: Object.fromEntries(new URLSearchParams(query)) };
}

async function show() {
  const address = location.hash;
  const { name, view, query } = place();
  let fresh;
  isAsking = true;
  try {
    const data = view ? await view.load(query) : null;
    const text = JSON.stringify(data);
    if (address !== location.hash) return;
    pulse("good", "connected");
    if (address === shown && text === drawn) return;
    drawn = text;
    fresh = view ? view.draw(data, query) : missing();
  } catch (error) {
    if (address !== location.hash) return;
    pulse("bad", error instanceof TypeError ? "no answer" : "trouble");
    if (address === shown || error instanceof TypeError) return;
    fresh = missing(error.message);
  } finally {
    isAsking = false;
  }
  const isNew = address !== shown;
  const isSameList = shown?.split("?")[0] === address.split("?")[0];
  shown = address;
  document.title = `${view?.title ?? "Not found"} · CartonCloud simulator`;
  for (const link of all("#nav [data-view]")) link.toggleAttribute("aria-current", false);
  one(`#nav [data-view="${name}"]`)?.setAttribute("aria-current", "page");
  refreshChildren(one("#main"), fresh);
  if (isNew && !isSameList) {
    one("#nav:popover-open")?.hidePopover();
    scrollTo(0, 0);
  }
}

const missing = (reason = "There is no such page.") => [el("div.empty", {}, el("h1", {}, "Not here"), el("p", {}, reason), el("p", {}, el("a", { href: "#/" }, "Overview")))];

function pulse(tone, text) {
  for (const sign of all("[data-pulse]")) {
    sign.className = `pulse ${tone}`;
    if (sign.textContent !== text) sign.textContent = text;
  }
}

// Clicks, typing, choosing

document.addEventListener("click", (event) => {
  const button = event.target.closest("button, [data-skip]");
  if (event.target === one("#act")) one("#act").close();
  if (!button) return;
  if (button.dataset.act) runAct(button.dataset.act, JSON.parse(button.dataset.context));
  if (button.dataset.copy !== undefined) copy(button);
  if ("close" in button.dataset) one("#act").close();
  if ("dismiss" in button.dataset) one("#said").replaceChildren();
  if ("themeToggle" in button.dataset) turnTheme();
  if ("skip" in button.dataset) {
    event.preventDefault();
    one("#main").focus();
  }
});

let typing;
document.addEventListener("input", (event) => {
  const view = event.target.dataset.find;
  if (!view) return;
  clearTimeout(typing);
  typing = setTimeout(() => {
    const { query } = place();
    const merged = Object.entries({ ...query, q: event.target.value, page: "" }).filter(([, value]) => value);
    history.replaceState(null, "", `#/${view}${merged.length ? `?${new URLSearchParams(merged)}` : ""}`);
    show();
  }, 150);
});

document.addEventListener("change", async (event) => {
  const { setting } = event.target.dataset;
  if (!setting) return;
  let value = event.target.value;
  if ("json" in event.target.dataset) {
    try {
      value = JSON.parse(value);
    } catch {
      // Sent as it was typed, so that the simulator says what is wrong with it.
    }
  }
  // What was chosen here is on the page and was not drawn: it is drawn anew even if nothing has changed in the end.
  drawn = "";
  await runAct("set", { name: setting, value: { [setting]: value } });
});

document.addEventListener("submit", (event) => event.preventDefault());
document.addEventListener("acted", () => show());

async function copy(button) {
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    return;
  }
  button.classList.add("done");
  setTimeout(() => button.classList.remove("done"), 1200);
}

// Theme: automatic, light, dark, and round again

const THEMES = ["auto", "light", "dark"];
const theme = () => document.documentElement.dataset.theme || "auto";

function turnTheme() {
  const next = THEMES[(THEMES.indexOf(theme()) + 1) % THEMES.length];
  if (next === "auto") {
    delete document.documentElement.dataset.theme;
    localStorage.removeItem("simulator-theme");
  } else {
    document.documentElement.dataset.theme = next;
    localStorage.setItem("simulator-theme", next);
  }
  nameTheme();
}

function nameTheme() {
  for (const button of all("[data-theme-toggle]")) button.textContent = `Theme ${theme()}`;
}

// Keys: / finds, g and a letter goes

let chord = false;
const GO = { h: "", o: "outbound", i: "inbound", s: "stock", p: "products", c: "consignments", r: "reports", w: "wire", b: "weather", t: "clock", e: "settings" };

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, dialog[open]")) return;
  if (chord && event.key in GO) location.hash = `#/${GO[event.key]}`;
  chord = event.key === "g";
  if (event.key === "/" && one("[data-find]")) {
    event.preventDefault();
    one("[data-find]").focus();
  }
});

nameTheme();
addEventListener("hashchange", show);
document.addEventListener("visibilitychange", () => document.hidden || show());
setInterval(() => document.hidden || isAsking || show(), REFRESH_MILLISECONDS);
show();
