// Building and refreshing pieces of the page. Text is only ever set as text, so nothing sent to the simulator can act.

export const one = (selector, at = document) => at.querySelector(selector);
export const all = (selector, at = document) => [...at.querySelectorAll(selector)];

export function el(name, attributes = {}, ...children) {
  const [tag, ...classes] = name.split(".");
  const made = document.createElement(tag || "div");
  if (classes.length) made.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

// Make the old piece look like the new one, keeping what did not change: the focus, open details, half-typed text.
export function refresh(old, fresh) {
  if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName || old.dataset?.key !== fresh.dataset?.key) {
    old.replaceWith(fresh);
  } else if (old.nodeType === Node.TEXT_NODE) {
    if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
  } else {
    refreshAttributes(old, fresh);
    refreshChildren(old, [...fresh.childNodes]);
  }
}

export function refreshChildren(old, fresh) {
  const keyed = new Map();
  for (const child of old.childNodes) if (child.dataset?.key) keyed.set(child.dataset.key, child);
  fresh.forEach((child, index) => {
    const here = old.childNodes[index];
    const known = child.dataset?.key && keyed.get(child.dataset.key);
    if (known && known !== here) {
      old.insertBefore(known, here ?? null);
      refresh(known, child);
    } else if (!here) old.append(child);
    else if (!known && here.dataset?.key && keyed.get(here.dataset.key) === here) old.insertBefore(child, here);
    else refresh(here, child);
  });
  while (old.childNodes.length > fresh.length) old.lastChild.remove();
}

function refreshAttributes(old, fresh) {
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name) && name !== "open") old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  if (old === document.activeElement || !("value" in old)) return;
  if (old.type === "checkbox") old.checked = fresh.checked;
  else if (old.tagName === "SELECT" || old.tagName === "INPUT") old.value = fresh.value;
}

const TONES = {
  good: ["DISPATCHED", "ALLOCATED", "SUCCESS", "OK", "SHIPPED", "DELIVERED", "200", "201", "204"],
  busy: ["PACKING_IN_PROGRESS", "PICKED", "PACKED", "RECEIVED", "VERIFIED", "IN_PROCESS", "IN_WAREHOUSE"],
  warn: ["AWAITING_STOCK", "QUARANTINE", "QC", "228", "429"],
  bad: ["REJECTED", "FAILED", "CANCELLED", "DAMAGED", "MISSING", "LOST", "lost"],
};
// In the order an order goes through them.
const FLOW = ["REJECTED", "DRAFT", "AWAITING_STOCK", "AWAITING_PICK_AND_PACK", "PACKING_IN_PROGRESS", "PICKED", "PACKED", "DISPATCHED", "NOT_YET_RECEIVED", "RECEIVED", "VERIFIED", "ALLOCATED"];
export const inFlow = (counts) => Object.entries(counts).sort(([one], [other]) => FLOW.indexOf(one) - FLOW.indexOf(other));

const words = (status) => String(status).replaceAll("_", " ").toLowerCase().replace(/^./, (first) => first.toUpperCase());

export function chip(status) {
  const code = String(status);
  const known = Object.keys(TONES).find((tone) => TONES[tone].includes(code));
  const tone = known ?? (/^[45]\d\d$/.test(code) ? "bad" : /^2\d\d$/.test(code) ? "good" : "new");
  return el(`span.chip.${tone}`, {}, /^\d+$/.test(code) ? code : words(code));
}

export const statusWords = words;

export function copyable(text, shown = text, label = "Copy") {
  return el("button.copy", { type: "button", "data-copy": text, title: label }, shown);
}

export const shortId = (id) => copyable(id, el("code", {}, `${id.slice(0, 8)}…`), `Copy ${id}`);

// The simulated moment as its warehouse writes it.
export function moment(text) {
  if (!text) return el("span.muted", {}, "–");
  const [day, rest] = text.split("T");
  return el("time", { datetime: text, title: text }, `${day.slice(5)} ${rest.slice(0, 8)}`);
}

export function table(name, columns, rows, empty) {
  if (!rows.length) return el("div.empty", {}, el("h2", {}, empty[0]), el("p", {}, empty[1]));
  return el("div.sheet", { tabindex: "0", role: "region", "aria-label": name }, el("table.rows", { role: "table", "aria-label": name },
    el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, columns.map((column) =>
      el(`th${column.kind ? `.${column.kind}` : ""}`, { role: "columnheader", scope: "col" }, column.name || el("span.sr", {}, "Actions"))))),
    el("tbody", { role: "rowgroup" }, rows.map((row) =>
      el("tr", { role: "row", "data-key": row.id }, columns.map((column) =>
        el(`td${column.kind ? `.${column.kind}` : ""}`, { role: "cell", "data-label": column.name }, column.cell(row))))))));
}
