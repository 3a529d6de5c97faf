// What the pages need beyond htmx. All behaviour hangs off data attributes; there is no inline handler anywhere.

const one = (selector, at = document) => at.querySelector(selector);
const all = (selector, at = document) => [...at.querySelectorAll(selector)];

// Dialogs, menus, copying, dismissing

const actions = {
  open: (button) => openDialog(one(`#${button.dataset.open}`)),
  dismiss: (button) => button.closest(".toast, .check").remove(),
  copy: (button) => copyText(button),
  themeToggle: () => turnTheme(),
};

document.addEventListener("click", (event) => {
  for (const [name, action] of Object.entries(actions)) {
    const attribute = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const button = event.target.closest(`[data-${attribute}]`);
    if (button) action(button);
  }
  for (const menu of all("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  if (event.target instanceof HTMLDialogElement) event.target.close();
  openRow(event);
});

function openDialog(dialog) {
  for (const menu of all("details.menu[open]")) menu.open = false;
  one("#nav:popover-open")?.hidePopover();
  dialog.showModal();
  const input = one("input", dialog);
  if (!input) return;
  input.select();
  input.dispatchEvent(new Event("jump-opened"));
}

async function copyText(button) {
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    return;
  }
  button.classList.add("done");
  setTimeout(() => button.classList.remove("done"), 1200);
}

function openRow(event) {
  const row = event.target.closest("table.rows tbody tr");
  if (!row || event.target.closest("a, button, input, label, select, summary") || getSelection().toString()) return;
  one(".rowlink", row)?.click();
}

// Theme: automatic, light, dark, and round again

const themes = ["auto", "light", "dark"];
const theme = () => document.documentElement.dataset.theme || "auto";

function turnTheme() {
  const next = themes[(themes.indexOf(theme()) + 1) % themes.length];
  if (next === "auto") {
    delete document.documentElement.dataset.theme;
    localStorage.removeItem("theme");
  } else {
    document.documentElement.dataset.theme = next;
    localStorage.setItem("theme", next);
  }
  nameTheme();
}

function nameTheme() {
  for (const button of all("[data-theme-toggle]")) button.setAttribute("aria-label", `Theme: ${theme()}`);
}

// Keyboard

let chord = false;

// A dialog that has just closed keeps the focus until the page is drawn again; nobody types there any more.
const isTyping = (target) =>
  target.closest("input, select, textarea, dialog[open], pre") && !target.closest("dialog:not([open])");

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") return toggleJump(event);
  if (one("#jump[open]")) return moveInJump(event);
  if (event.key === "Escape") closeMenus();
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (chord) return finishChord(event);
  const keys = {
    "/": () => one("main input[type=search]")?.focus(),
    "?": () => openDialog(one("#keys")),
    g: startChord,
    j: () => moveRow(1),
    k: () => moveRow(-1),
    x: () => one("tr.on .copy, li.on .copy")?.click(),
  };
  if (!keys[event.key]) return;
  event.preventDefault();
  keys[event.key]();
});

function closeMenus() {
  for (const menu of all("details.menu[open]")) {
    menu.open = false;
    one("summary", menu).focus();
  }
}

function startChord() {
  chord = true;
  setTimeout(() => (chord = false), 1000);
}

function finishChord(event) {
  chord = false;
  all("#nav [data-key]").find((link) => link.dataset.key === event.key)?.click();
}

function moveRow(step) {
  const rows = all("table.rows tbody tr, .worklist > li").filter((row) => one(".rowlink", row));
  if (!rows.length) return;
  const at = rows.findIndex((row) => row.classList.contains("on"));
  const to = rows[Math.max(0, Math.min(rows.length - 1, at + step))];
  rows[at]?.classList.remove("on");
  to.classList.add("on");
  to.scrollIntoView({ block: "nearest" });
  one(".rowlink", to).focus({ preventScroll: true });
}

// The palette: a combobox, so the focus stays in its field

function toggleJump(event) {
  event.preventDefault();
  const dialog = one("#jump");
  if (!dialog) return;
  if (dialog.open) dialog.close();
  else openDialog(dialog);
}

function moveInJump(event) {
  const options = all("#jump-list a");
  const at = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && options.length) {
    event.preventDefault();
    pick(options, (at + step + options.length) % options.length);
  }
  if (event.key === "Enter") {
    event.preventDefault();
    (options[at] || options[0])?.click();
  }
}

function pick(options, at) {
  options.forEach((option, index) => option.setAttribute("aria-selected", String(index === at)));
  options[at].scrollIntoView({ block: "nearest" });
  one("#jump input").setAttribute("aria-activedescendant", options[at].id);
}

// Times stay true: "3 min ago" grows

const units = [["d", 86400, 2], ["h", 3600, 1], ["min", 60, 1], ["s", 1, 1]];

function freshen() {
  for (const time of all("time[data-fresh]")) {
    const seconds = (Date.parse(time.dateTime) - Date.now()) / 1000;
    const size = Math.abs(seconds);
    const [unit, length] = units.find(([, length, least]) => size >= length * least) || units[3];
    const words = `${Math.floor(size / length)} ${unit}`;
    const past = time.dataset.fresh === "due" ? "now" : `${words} ago`;
    const text = seconds > 0 ? `in ${words}` : past;
    if (time.textContent !== text) time.textContent = text;
  }
}

// Htmx: short addresses, and the log follows its end

document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb !== "get") return;
  for (const [name, value] of [...event.detail.formData]) if (value === "") event.detail.formData.delete(name);
});
document.addEventListener("htmx:afterSettle", followLog);
document.addEventListener("htmx:afterSettle", showCurrentTabs);

function followLog() {
  const box = one("[data-follow]:checked");
  if (!box) return;
  const log = one(`#${box.dataset.follow}`);
  log.scrollTop = log.scrollHeight;
}

// On a narrow screen a row of tabs is longer than what is seen of it: the current one is brought into view

function showCurrentTabs() {
  for (const tab of all(".tabs [aria-current]")) {
    const row = tab.parentElement;
    row.scrollLeft = tab.offsetLeft - (row.clientWidth - tab.offsetWidth) / 2;
  }
}

// Editors: what differs from what is stored is marked and counted; what has a limit says how much is left

document.addEventListener("input", (event) => {
  const input = event.target;
  if (input.matches("[data-count]")) input.parentElement.dataset.left = `${input.value.length}/${input.maxLength}`;
  if (!input.matches("[data-was]")) return;
  const value = input.type === "checkbox" ? (input.checked ? "yes" : "no") : input.value;
  input.classList.toggle("edited", value !== input.dataset.was);
  tellChanges(input.form);
});

function tellChanges(form) {
  const place = one(`[data-changed-of="${form.id}"]`, form);
  if (!place) return;
  const edited = all(".edited", form);
  place.dataset.hint ??= place.textContent;
  place.parentElement.classList.toggle("dirty", edited.length > 0);
  const told = edited.slice(0, 3).map((input) => `${input.dataset.was || "empty"} → ${input.value || "empty"}`);
  const more = edited.length > 3 ? ` and ${edited.length - 3} more` : "";
  place.textContent = edited.length ? `${told.join(", ")}${more}` : place.dataset.hint;
}

// Leaving a half-filled form asks first

let isDirty = false;
document.addEventListener("input", (event) => {
  if (event.target.closest("[data-guard]")) isDirty = true;
});
document.addEventListener("submit", () => (isDirty = false));
addEventListener("beforeunload", (event) => {
  if (isDirty) event.preventDefault();
});

setInterval(freshen, 20000);
setTimeout(() => all(".toast.success").forEach((toast) => toast.remove()), 8000);
nameTheme();
followLog();
showCurrentTabs();
