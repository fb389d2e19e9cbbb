// Deciding pair after pair: the next one is fetched while this one is looked at and shown the moment a key is pressed.
"use strict";
(() => {
  const box = document.getElementById("pair");
  if (!box) return;
  const token = document.querySelector('meta[name="csrf"]').content;
  const undo = document.getElementById("undo");
  let next = null, turn = 0, waiting = 0, sending = Promise.resolve();
  let last = "", flight = Promise.resolve(true);
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
  // A refusal stays to be read until its pair is decided, however many others are decided meanwhile.
  const refused = document.getElementById("refused"), lines = refused.firstElementChild;
  function refuse(form, text) {
    settle(form);
    const line = document.createElement("li"), link = document.createElement("a");
    link.href = form.action.replace(/\/decision$/, "");
    link.textContent = form.dataset.title; link.className = "me-2";
    line.append(link, text);
    lines.append(line);
    refused.hidden = false;
  }
  function settle(form) {
    for (const link of lines.querySelectorAll("a")) if (link.textContent === form.dataset.title) link.parentElement.remove();
    refused.hidden = !lines.childElementCount;
  }
  // Who leaves while decisions still wait for their turn would lose them.
  function count(step) {
    waiting += step;
    if (waiting) box.dataset.waiting = waiting; else delete box.dataset.waiting;
  }
  window.addEventListener("beforeunload", (e) => { if (waiting) e.preventDefault(); });
  // Taken back is the last decision that was made. While its answer is out it is waited for, and where it is refused nothing is.
  function takeBack() { if (last) { undo.action = last; undo.submit(); } else undo.hidden = true; }
  undo.addEventListener("submit", (e) => {
    e.preventDefault(); e.stopPropagation();
    flight.then((done) => { if (done) takeBack(); });
  }, true);
  // Who is unsure says why: the field is pointed at and nothing is sent.
  function lacksReason(form, verdict) {
    const comment = form.elements.comment;
    if (!comment || verdict !== "unsure" || comment.value.trim()) return false;
    comment.required = true; comment.reportValidity(); comment.focus(); comment.required = false;
    return true;
  }
  function decide(form, verdict) {
    if (form.dataset.sent || lacksReason(form, verdict)) return;
    undo.hidden = false;
    const own = flight = send(form, verdict);
    own.then(() => { if (flight === own) { flight = Promise.resolve(true); undo.hidden = !last; } });
  }
  async function send(form, verdict) {
    const before = box.innerHTML; // as it was before it was sent: shown again, it can be decided again
    form.dataset.sent = "1";
    const body = new URLSearchParams(new FormData(form));
    body.set("verdict", verdict);
    const mine = ++turn;
    const ready = next ? next.html : null;
    // Decisions of one record settle its other pairs, so answers are taken in their order.
    const answer = sending.then(() => fetch(form.action, { method: "POST", body, headers: { "X-CSRF-Token": token, "X-Part": "pair" } }));
    count(1);
    sending = answer.catch(() => null).then(() => count(-1));
    const early = ready ? await Promise.race([ready, answer.then(() => null, () => null)]) : null;
    if (early) show(early, true);
    // When another pair was decided meanwhile, its answer knows better what to show.
    const fail = (text) => { refuse(form, text); if (mine === turn) { say("", "good"); show(before, true); } return false; };
    try {
      const response = await answer;
      const html = await response.text();
      if (!response.ok) return fail(html || response.statusText);
      const kept = response.headers.get("X-Kept") === "1";
      settle(form);
      if (kept) last = form.action.replace(/decision$/, "undo");
      if (mine !== turn) return true;
      say(decodeURIComponent(response.headers.get("X-Said") || ""), kept ? "good" : "info");
      const wanted = response.headers.get("X-Pair");
      if (!early || String(current()?.dataset.pair || "") !== wanted) show(html, true);
      return true;
    } catch (e) { return fail(String(e)); }
  }
  box.addEventListener("submit", (e) => {
    const form = e.target.closest("form[data-decide]");
    if (!form) return;
    e.preventDefault(); e.stopPropagation();
    decide(form, e.submitter?.value || "unsure");
  }, true);
  preload();
})();
