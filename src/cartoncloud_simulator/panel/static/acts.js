// What can be done: every act of acts.json is one JSON call. Acts with fields ask first and show the call as it grows.

import { curl, send } from "./api.js";
import { el, one, all } from "./dom.js";

const acts = await (await fetch("/_sim/panel/acts.json")).json();

const fill = (text, context) => text.replace(/\{(\w+)\}/g, (_, name) => context[name] ?? "");
const pathOf = (act, context) => act.path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(context[name]));

export function actButton(name, context, { primary = false } = {}) {
  const act = acts[name];
  const refused = act.when && context.status && !act.when.includes(context.status);
  return el(`button.btn${primary ? ".primary" : ""}`, {
    type: "button",
    "data-act": name,
    "data-key": `${name}:${context.id ?? ""}`,
    "data-context": JSON.stringify(context),
    disabled: refused,
    title: refused ? `Not in status ${context.status}` : null,
  }, act.fields ? `${act.label}…` : act.label);
}

// All acts of a thing as buttons, the usual next one first in weight, and below them the same as shell lines.
export function actBar(names, context) {
  const next = names.find((name) => acts[name].when?.[0] === context.status);
  return el("div", {},
    el("div.acts", {}, names.map((name) => actButton(name, context, { primary: name === next }))),
    el("details.curls", {}, el("summary", {}, "The same from a shell"),
      names.map((name) => el("div", {}, el("h3", {}, acts[name].label), shellLine(acts[name].method, pathOf(acts[name], context), exampleBody(acts[name], context))))));
}

export function shellLine(method, path, body) {
  const line = curl(method, path, body);
  return el("div.curl", {}, el("pre", { tabindex: "0" }, line), el("button.btn.small", { type: "button", "data-copy": line }, "Copy"));
}

export async function runAct(name, context) {
  const act = acts[name];
  if (act.fields) return ask(act, context);
  return perform(act, context, context.value ?? act.body);
}

async function perform(act, context, body) {
  const path = pathOf(act, context);
  let answer;
  try {
    answer = await send(act.method, path, body);
  } catch {
    answer = { ok: false, status: 0, body: [{ message: "The simulator does not answer." }] };
  }
  if (answer.ok) say(fill(act.done ?? act.label, context), answer, act.method, path, body);
  else if (!one("#act").open) say(reasons(answer), answer, act.method, path, body);
  if (answer.ok) document.dispatchEvent(new Event("acted"));
  return answer;
}

const reasons = (answer) => (Array.isArray(answer.body) ? answer.body.map((error) => error.message).join(" ") : String(answer.body));

function say(text, answer, method, path, body) {
  one("#said").replaceChildren(
    el(`div.said${answer.ok ? "" : ".error"}`, {},
      el("p", {}, el("b", {}, text), answer.status ? el("small", {}, ` ${method} /_sim${path} · ${answer.status}`) : null),
      el("div.acts", {},
        el("button.btn.small", { type: "button", "data-copy": curl(method, path, body) }, "Copy as curl"),
        answer.body?.secret ? el("code", {}, answer.body.secret) : null,
        el("button.btn.small", { type: "button", "data-dismiss": true }, "Dismiss"))));
}

// The dialog of an act

function ask(act, context) {
  const dialog = one("#act");
  const shown = el("div");
  const wrong = el("p.wrongness", { role: "alert" });
  const form = el("form", { novalidate: true },
    el("h2", { id: "act-title" }, fill(act.title ?? act.label, context)),
    act.note ? el("p.muted", {}, act.note) : null,
    act.fields.map((field) => fieldOf(field, context)),
    wrong, shown,
    el("div.acts.end", {},
      el("button.btn", { type: "button", "data-close": true }, "Cancel"),
      el("button.btn.primary", { type: "submit" }, act.label)));
  const show = () => shown.replaceChildren(shellLine(act.method, pathOf(act, context), read(form, act)));
  form.addEventListener("input", show);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const answer = await perform(act, context, read(form, act));
    if (answer.ok) return dialog.close();
    wrong.textContent = (Array.isArray(answer.body) ? answer.body : []).map((error) => [error.field, error.message].filter(Boolean).join(": ")).join(" ") || "Refused.";
  });
  dialog.replaceChildren(form);
  show();
  dialog.showModal();
  one("input, select", dialog)?.focus();
}

function fieldOf(field, context) {
  if (field.kind === "lines") return linesField(field, context);
  const id = `field-${field.name.replaceAll(".", "-")}`;
  const known = field.from ? context[field.from] : field.value;
  const attributes = { id, "data-name": field.name, "data-kind": field.kind ?? "text", "data-needed": !field.optional };
  let input;
  if (field.kind === "choice" || field.kind === "truth") {
    const choices = field.kind === "truth" ? ["true", "false"] : (context[field.choices] ?? field.choices);
    input = el("select", attributes, choices.map((choice) => {
      const [value, name] = Array.isArray(choice) ? choice : [choice, choice];
      return el("option", { value, selected: String(known) === String(value) }, name);
    }));
  } else {
    const type = { number: "number", day: "date" }[field.kind] ?? "text";
    input = el("input", { ...attributes, type, step: type === "number" ? "any" : null, min: field.min, value: known, autocomplete: "off", placeholder: field.hint });
  }
  return el("div.field", {}, el("label", { for: id }, field.label), input);
}

function linesField(field, context) {
  return el("fieldset.lines", { "data-name": field.name, "data-kind": "lines" }, el("legend", {}, field.label),
    context.lines.map((line) => el("label", {},
      el("span", {}, line.code, el("small", {}, ` ${[line.batch, line.note].filter(Boolean).join(" ")}`)),
      el("span.amount", {}, el("input", { type: "number", min: 0, step: "any", value: field.empty ? 0 : line.quantity, "data-item": line.id, "data-was": field.empty ? 0 : line.quantity, "aria-label": `Quantity of ${line.code}` }), el("small", {}, line.unit)))));
}

function read(form, act) {
  const body = structuredClone(act.body ?? {});
  for (const input of all("[data-kind]", form)) {
    const value = valueOf(input, act);
    if (value !== undefined) put(body, input.dataset.name.split("."), value);
  }
  return body;
}

function valueOf(input) {
  const { kind } = input.dataset;
  if (kind === "lines") {
    const changed = all("[data-item]", input).filter((line) => line.value !== line.dataset.was);
    return changed.length ? changed.map((line) => ({ id: line.dataset.item, quantity: Number(line.value) })) : undefined;
  }
  if (input.value === "") return undefined;
  if (kind === "number") return Number(input.value);
  if (kind === "truth") return input.value === "true";
  return input.value;
}

// Put a value where a dotted name says; a number in it is a place in an array.
function put(body, [name, ...rest], value) {
  if (!rest.length) body[name] = value;
  else put((body[name] ??= /^\d+$/.test(rest[0]) ? [] : {}), rest, value);
}

function exampleBody(act, context) {
  if (!act.fields) return act.body;
  const body = structuredClone(act.body ?? {});
  for (const field of act.fields) {
    const known = field.from ? context[field.from] : (field.value ?? field.example);
    if (known !== undefined && known !== null && !field.optional) put(body, field.name.split("."), known);
    if (field.kind === "lines" && context.lines.length) body[field.name] = [{ id: context.lines[0].id, quantity: Math.max(0, context.lines[0].quantity - 1) }];
  }
  return body;
}
