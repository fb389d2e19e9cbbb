// Keys, forms and small comforts of every page. Everything also works without this file, by links and forms.
"use strict";
const csrf = document.querySelector('meta[name="csrf"]')?.content || "";
document.addEventListener("htmx:configRequest", (e) => { e.detail.headers["X-CSRF-Token"] = csrf; });

const typing = (el) => el && (el.matches("input:not([type=radio]):not([type=checkbox]), textarea, select") || el.isContentEditable);
let going = false; // after g, until the next key however long it takes: a slow machine's keys count as well

function rows() { return [...document.querySelectorAll("tr[data-href]")]; }
function moveRow(step) {
  const all = rows();
  if (!all.length) return;
  const at = all.findIndex((r) => r.classList.contains("at"));
  const next = all[Math.min(all.length - 1, Math.max(0, at + step))];
  all.forEach((r) => r.classList.remove("at"));
  next.classList.add("at");
  next.scrollIntoView({ block: "nearest" });
  next.querySelector("a")?.focus({ preventScroll: true });
}

document.addEventListener("keydown", (e) => {
  if (e.ctrlKey || e.metaKey || e.altKey) return;
  if (e.key === "Escape" && typing(document.activeElement)) { document.activeElement.blur(); return; }
  if (typing(document.activeElement) || document.querySelector("dialog[open]")) return;
  if (e.key === "g") { going = true; return; }
  if (going && e.key !== "Shift") {
    going = false;
    const link = document.querySelector(`.side a[data-key="${CSS.escape(e.key)}"]`);
    if (link) { e.preventDefault(); link.click(); return; }
  }
  if (e.key === "?") { e.preventDefault(); document.getElementById("keys")?.showModal(); return; }
  if (e.key === "/") {
    const box = document.querySelector("[data-search]");
    if (box) { e.preventDefault(); box.focus(); box.select(); }
    return;
  }
  const button = [...document.querySelectorAll("[data-hotkey]")].find((one) => one.dataset.hotkey === e.key && isThere(one));
  if (button && !button.disabled) { e.preventDefault(); button.focus(); button.click(); return; }
  if (e.key === "j" || e.key === "k") { e.preventDefault(); moveRow(e.key === "j" ? 1 : -1); }
  if (e.key === "Enter") {
    const at = document.querySelector("tr.at[data-href]");
    if (at && document.activeElement.tagName !== "BUTTON") { e.preventDefault(); location.href = at.dataset.href; }
  }
});

// What is not shown yet cannot be clicked, and no key clicks it either.
function isThere(one) { return !one.closest("[hidden], dialog:not([open])"); }

document.addEventListener("click", (e) => {
  const opener = e.target.closest("[data-dialog]");
  if (opener) { e.preventDefault(); document.getElementById(opener.dataset.dialog).showModal(); }
  if (e.target.closest("[data-close]")) e.target.closest("dialog").close();
  if (e.target.closest("[data-menu]")) document.querySelector(".side").classList.toggle("open");
  if (e.target.closest("[data-print]")) window.print();
  const row = e.target.closest("tr[data-href]");
  if (row && !e.target.closest("a, button, input, label")) location.href = row.dataset.href;
});
document.addEventListener("change", (e) => { if (e.target.matches("[data-submit]")) e.target.form.requestSubmit(); });
// A form is sent once, however often its button is pressed.
document.addEventListener("submit", (e) => {
  if (e.target.dataset.sent) { e.preventDefault(); return; }
  if (e.target.method === "post" && !e.target.hasAttribute("data-again")) e.target.dataset.sent = "1";
});
// What is ticked is counted where it is decided: the button says the decision in words and numbers.
const inWords = (text, told) => text.replace(/\{(\w)\}/g, (_, name) => Number(told[name]).toLocaleString("en"));
function recount() {
  for (const form of document.querySelectorAll("form[data-decides]")) {
    const said = form.querySelector("[data-decision]"), m = form.querySelectorAll("[name=except]:checked").length;
    if (said) said.textContent = inWords(m ? said.dataset.some : said.dataset.all, { n: form.dataset.decides - m, m });
  }
  const left = document.querySelector("[data-left-out]");
  if (left) {
    const ticked = document.querySelectorAll("[name=except]:checked").length;
    left.textContent = inWords(left.dataset.words, { n: Number(left.dataset.elsewhere) + ticked });
  }
}
document.addEventListener("change", (e) => { if (e.target.name === "except") recount(); });
// A refused form stands again as it was left, with what is wrong beside its fields.
function fill(form, typed) {
  for (const field of form.elements) {
    const values = typed[field.name];
    if (!field.name || field.type === "hidden" || field.type === "password" || field.type === "file") continue;
    if (field.type === "checkbox" || field.type === "radio") field.checked = !!values && values.includes(field.value);
    else if (values) field.value = values.shift() ?? field.value;
  }
}
function beside(form, fault, n) {
  const field = [fault.field, `f_${fault.field}`].map((name) => form.elements[name]).find((found) => found);
  const control = field instanceof RadioNodeList ? field[0] : field;
  if (!control || control.type === "hidden") return null;
  const said = Object.assign(document.createElement("div"), { className: "fault", id: `fault-${n}`, textContent: fault.text });
  control.closest(".field")?.append(said) ?? control.after(said);
  control.setAttribute("aria-invalid", "true");
  control.setAttribute("aria-describedby", said.id);
  return control;
}
function standAgain(told) {
  const sentTo = (el, name) => el.hasAttribute(name) && new URL(el.getAttribute(name), location).pathname === told.action;
  const form = [...document.forms].find((one) => one.method === "post"
    && (sentTo(one, "action") || one.querySelector(`[formaction="${CSS.escape(told.action)}"]`)));
  if (!form) return;
  fill(form, structuredClone(told.typed));
  const wrong = told.faults.map((fault, n) => beside(form, fault, n)).filter((found) => found);
  for (let around = form.parentElement; around; around = around.parentElement) if (around.tagName === "DETAILS") around.open = true;
  wrong.forEach((control) => { const inside = control.closest("details"); if (inside) inside.open = true; });
  const dialog = form.closest("dialog"), refusal = document.getElementById("not-done");
  if (dialog) { form.before(refusal); dialog.showModal(); }
  refusal.querySelector("[data-typed]")?.remove();
  wrong[0]?.focus();
}
const again = document.getElementById("form-again");
if (again) standAgain(JSON.parse(again.textContent));
recount(); // what a browser ticks again by itself after Back counts as well
document.body.dataset.ready = "1";
