// Makes pages live; everything is readable without it.
"use strict";

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

// ---- Times: the server writes them, this keeps "12 s ago" true.
const coarse = (secs) =>
  secs < 60 ? `${secs} s` : secs < 3600 ? `${Math.floor(secs / 60)} min` : secs < 172800 ? `${Math.floor(secs / 3600)} h` : `${Math.floor(secs / 86400)} d`;
function age() {
  for (const time of $$("time[data-ago]")) {
    const secs = Math.max(0, Math.floor((Date.now() - Date.parse(time.dateTime)) / 1000));
    const text = secs < 5 ? "just now" : `${coarse(secs)} ago`;
    if (time.textContent !== text) time.textContent = text;
  }
}
setInterval(age, 1000);

// ---- Live parts: the stream names a part and brings its new content.
const state = $("[data-live-state]");
function tell(text, lost) {
  if (!state) return;
  state.hidden = false;
  state.textContent = text;
  state.classList.toggle("lost", lost);
}
// What the script itself changed does not count: times, unfolded details, readings of charts.
function asSent(root) {
  const box = document.createElement("div");
  box.append(...root.cloneNode(true).childNodes);
  for (const time of $$("time[data-ago]", box)) time.textContent = "";
  for (const details of $$("details", box)) details.open = false;
  for (const button of $$("[data-copy]", box)) button.hidden = true;
  for (const mark of $$(".cross, .reading", box)) { mark.hidden = true; mark.removeAttribute("style"); mark.replaceChildren(); }
  return box.innerHTML;
}
// A chart that is being read is left alone until the reader is done.
const waiting = new Map();
function done(figure) {
  for (const [part, html] of waiting) if (part.contains(figure)) { waiting.delete(part); replace(part, html); }
}
// What has the focus or is unfolded inside a part stays so when its content is replaced.
function replace(part, html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  if (asSent(part) === asSent(template.content)) return;
  if ($(".chart:is(:hover, :focus)", part)) { waiting.set(part, html); return; }
  waiting.delete(part);
  const active = part.contains(document.activeElement) ? document.activeElement : null;
  const key = active && (active.id ? `#${CSS.escape(active.id)}` : active.getAttribute("href") && `[href="${CSS.escape(active.getAttribute("href"))}"]`);
  const open = $$("details", part).map((details) => details.open);
  part.replaceChildren(template.content);
  $$("details", part).forEach((details, place) => { if (open[place]) details.open = true; });
  if (key) $(key, part)?.focus({ preventScroll: true });
  ready(part);
}
const live = $("main[data-live]");
if (live) {
  const stream = new EventSource(live.dataset.live);
  stream.onopen = () => tell("live", false);
  stream.onerror = () => tell(stream.readyState === EventSource.CLOSED ? "not live: reload" : "reconnecting…", true);
  stream.addEventListener("part", (event) => {
    const { name, html } = JSON.parse(event.data);
    const part = $(`[data-part="${CSS.escape(name)}"]`);
    if (part) replace(part, html);
    age();
  });
  addEventListener("pagehide", () => stream.close());
}

// ---- Log tail: new events below, the oldest leave above the limit.
const TAIL_ROWS_MAX = 2000;
const tail = $("[data-tail]");
if (tail) {
  const note = $("[data-tail-state]");
  const atEnd = () => tail.scrollHeight - tail.scrollTop - tail.clientHeight < 24;
  tail.scrollTop = tail.scrollHeight;
  const stream = new EventSource(tail.dataset.tail);
  const say = () => { note.textContent = atEnd() ? "Live: the newest event is at the bottom" : "Live below: press End to follow"; };
  stream.onopen = () => { tell("live", false); say(); };
  stream.onerror = () => tell(stream.readyState === EventSource.CLOSED ? "not live: reload" : "reconnecting…", true);
  stream.addEventListener("events", (event) => {
    const follow = atEnd();
    $("[data-tail-empty]")?.remove();
    tail.insertAdjacentHTML("beforeend", JSON.parse(event.data).html);
    while (tail.childElementCount > TAIL_ROWS_MAX) tail.firstElementChild.remove();
    if (follow) tail.scrollTop = tail.scrollHeight;
    say();
  });
  stream.addEventListener("lag", (event) => {
    note.textContent = `${JSON.parse(event.data).count} events were too fast to show; reload to see them`;
  });
  tail.addEventListener("scroll", say, { passive: true });
  addEventListener("pagehide", () => stream.close());
}

// ---- Charts: values under the pointer, or along the arrow keys.
function chart(figure) {
  const { since, until, lines } = JSON.parse(figure.dataset.chart);
  const field = $(".field", figure), cross = $(".cross", figure), reading = $(".reading", figure);
  const instants = [...new Set(lines.flatMap((line) => line.points.map(([at]) => at)))].sort((a, b) => a - b);
  if (!instants.length) return;
  let place = instants.length - 1;
  const show = (index) => {
    place = Math.max(0, Math.min(instants.length - 1, index));
    const at = instants[place], share = (at - since) / (until - since);
    reading.replaceChildren();
    const head = document.createElement("div");
    head.className = "quiet";
    head.textContent = new Date(at).toISOString().slice(0, 19).replace("T", " ");
    reading.append(head);
    lines.forEach((line, number) => {
      const point = line.points.find(([instant]) => instant === at);
      if (!point) return;
      const row = document.createElement("div"), value = document.createElement("b");
      row.className = `key l${number % 8}`;
      value.textContent = point[1];
      row.append(lines.length > 1 ? `${line.label} ` : "", value);
      reading.append(row);
    });
    cross.hidden = reading.hidden = false;
    cross.style.left = `${share * 100}%`;
    reading.style.left = share < 0.5 ? `calc(${share * 100}% + 10px)` : "auto";
    reading.style.right = share < 0.5 ? "auto" : `calc(${(1 - share) * 100}% + 10px)`;
  };
  const hide = () => { cross.hidden = reading.hidden = true; };
  field.addEventListener("pointermove", (event) => {
    const box = field.getBoundingClientRect();
    const at = since + ((event.clientX - box.left) / box.width) * (until - since);
    let nearest = 0;
    instants.forEach((instant, index) => { if (Math.abs(instant - at) < Math.abs(instants[nearest] - at)) nearest = index; });
    show(nearest);
  });
  figure.addEventListener("pointerleave", () => { hide(); done(figure); });
  figure.addEventListener("blur", () => { hide(); done(figure); });
  figure.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") show(place - 1);
    else if (event.key === "ArrowRight") show(place + 1);
    else return;
    event.preventDefault();
  });
}

// ---- Copy buttons, selects that apply at once.
function ready(root) {
  $$("[data-chart]", root).forEach(chart);
  if (navigator.clipboard) {
    for (const button of $$("[data-copy]", root)) {
      button.hidden = false;
      button.addEventListener("click", async () => {
        await navigator.clipboard.writeText(button.dataset.copy);
        const text = button.textContent;
        button.textContent = "Copied";
        setTimeout(() => { button.textContent = text; }, 1200);
      });
    }
  }
  $$("[data-submit]", root).forEach((select) => select.addEventListener("change", () => select.form.requestSubmit()));
}
ready(document);

// ---- Keys.
const keys = $("#keys");
let going = false;
function step(by) {
  const rows = $$("[data-row]").map((row) => (row.matches("summary") ? row : $("a", row))).filter(Boolean);
  const next = rows.indexOf(document.activeElement) + by;
  rows[Math.max(0, Math.min(rows.length - 1, next))]?.focus();
}
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea")) return;
  if (going) {
    going = false;
    const target = $(`[data-go="${CSS.escape(event.key)}"]`);
    if (target) location.assign(target.href);
    return;
  }
  switch (event.key) {
    case "g": going = true; setTimeout(() => { going = false; }, 1200); break;
    case "j": step(1); break;
    case "k": step(-1); break;
    case "/": $("[data-filter]")?.focus(); break;
    case "?": keys.showModal(); break;
    default: return;
  }
  event.preventDefault();
});
