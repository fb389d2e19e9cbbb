// Deciding pair after pair: the next one is fetched while this one is looked at and shown the moment a key is pressed.
"use strict";
(() => {
  const box = document.getElementById("pair");
  if (!box) return;
  const token = document.querySelector('meta[name="csrf"]').content;
  let next = null, turn = 0, waiting = 0, sending = Promise.resolve();
  const current = () => box.querySelector("[data-pair]");
  const load = (address) => fetch(address, { headers: { "X-Part": "pair" } }).then((r) => (r.ok ? r.text() : null));
  function preload() {
    next = null;
    const address = current()?.dataset.next;
    if (address) next = { address, html: load(address) };
  }
  function show(html, push) {
    box.innerHTML = html;
    const at = current();
    if (at && push) history.replaceState(null, "", at.dataset.address);
    if (at) document.title = at.dataset.title;
    box.querySelector("h2")?.focus?.();
    preload();
  }
  function say(text, kind) {
    const line = document.getElementById("said");
    line.textContent = text; line.className = "alert-x " + kind; line.hidden = !text;
  }
  // Who leaves while decisions still wait for their turn would lose them.
  function count(step) {
    waiting += step;
    if (waiting) box.dataset.waiting = waiting; else delete box.dataset.waiting;
  }
  window.addEventListener("beforeunload", (e) => { if (waiting) e.preventDefault(); });
  async function decide(form, verdict) {
    if (form.dataset.sent) return;
    form.dataset.sent = "1";
    const body = new URLSearchParams(new FormData(form));
    body.set("verdict", verdict);
    const mine = ++turn;
    const ready = next ? next.html : null;
    const before = box.innerHTML;
    // Decisions of one record settle its other pairs, so answers are taken in their order.
    const answer = sending.then(() => fetch(form.action, { method: "POST", body, headers: { "X-CSRF-Token": token, "X-Part": "pair" } }));
    count(1);
    sending = answer.catch(() => null).then(() => count(-1));
    const early = ready ? await Promise.race([ready, answer.then(() => null, () => null)]) : null;
    if (early) show(early, true);
    const undo = document.getElementById("undo");
    try {
      const response = await answer;
      const html = await response.text();
      if (!response.ok) { show(before, true); say(html || response.statusText, "bad"); return; }
      if (mine !== turn) return; // another pair was decided meanwhile: its answer knows better
      say(decodeURIComponent(response.headers.get("X-Said") || ""), "good");
      undo.action = form.action.replace(/decision$/, "undo"); undo.hidden = false;
      const wanted = response.headers.get("X-Pair");
      if (!early || String(current()?.dataset.pair || "") !== wanted) show(html, true);
    } catch (e) { show(before, true); say(String(e), "bad"); }
  }
  box.addEventListener("submit", (e) => {
    const form = e.target.closest("form[data-decide]");
    if (!form) return;
    e.preventDefault(); e.stopPropagation();
    decide(form, e.submitter?.value || "unsure");
  }, true);
  preload();
})();
