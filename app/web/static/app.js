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
  const button = document.querySelector(`[data-hotkey="${e.key}"]`);
  if (button && !button.disabled) { e.preventDefault(); button.click(); button.focus(); return; }
  if (e.key === "j" || e.key === "k") { e.preventDefault(); moveRow(e.key === "j" ? 1 : -1); }
  if (e.key === "Enter") {
    const at = document.querySelector("tr.at[data-href]");
    if (at && document.activeElement.tagName !== "BUTTON") { e.preventDefault(); location.href = at.dataset.href; }
  }
});

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
document.body.dataset.ready = "1";
