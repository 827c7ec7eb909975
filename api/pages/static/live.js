// Hints from the server ("something changed"), never data: the page then fetches itself again.
// This file is both the page's script and the worker that holds one stream for all tabs of a browser
// (a browser opens six connections to a host, so a stream for each tab would block the seventh).
const open = (tell) => {
  let last = "lost", breaking;
  const say = (word) => { clearTimeout(breaking); breaking = undefined; tell((last = word)); };
  const connect = () => {
    const stream = new EventSource("/live");
    stream.onopen = () => say("live");
    stream.addEventListener("changed", () => say("changed"));
    stream.onerror = () => {
      breaking ??= setTimeout(() => say("lost"), 2000);  // the server ends streams now and then: no alarm
      if (stream.readyState === 2) setTimeout(connect, 5000);  // refused: the browser does not retry
    };
  };
  connect();
  return () => last;
};

if (self.SharedWorkerGlobalScope) {
  const ports = new Set();
  const last = open((word) => ports.forEach((port) => port.postMessage(word)));
  onconnect = ({ ports: [port] }) => {
    port.onmessage = () => ports.delete(port);
    ports.add(port);
    if (last() === "live" || last() === "changed") port.postMessage("live");
  };
} else {
  const main = document.getElementById("main"), bar = document.getElementById("live");
  let asOf = new Date(), due = false, lost = true, ticks = 0, asked = 0;
  const broken = () => `Connection lost, data as of ${asOf.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })}`;
  const show = (text) => { bar.hidden = !text; bar.textContent = text; };
  // Nothing moves under a hand: not while somebody types, reads what they opened, or aims at a button.
  const busy = () => main.querySelector("details[open], input:focus, select:focus, textarea:focus, :is(button, a):active")
    || [...main.querySelectorAll("input:not([type=hidden]), select")].some((field) => field.value !== (field.tagName === "SELECT" ? "" : field.defaultValue))
    || (matchMedia("(hover: hover)").matches && main.querySelector("button:hover"));
  const refresh = async () => {
    if (!due || Date.now() - asked < 3000) return;  // a busy ward hints often
    if (busy()) return show(lost ? broken() : "There is news: this page refreshes when you close or finish what is open.");
    due = false;
    asked = Date.now();
    try {
      const here = new URL(main.dataset.path ?? location.href, location.href);  // a form sent back has no page of its own
      here.searchParams.set("fragment", "1");
      const answer = await fetch(here, { signal: AbortSignal.timeout(10000) });
      if (answer.redirected || answer.status === 401) return location.assign("/login?next=" + encodeURIComponent(location.pathname));
      if (!answer.ok) throw answer.status;
      const html = await answer.text(), focused = document.activeElement?.id;
      if (busy()) return void (due = true);
      main.innerHTML = html;
      if (focused) document.getElementById(focused)?.focus();
      asOf = new Date();
      show("");
    } catch { due = true; show(broken()); }
  };
  let timer;
  const soon = () => { due = true; timer ??= setTimeout(() => { timer = undefined; refresh(); }, 300); };
  const age = (s) => s < 60 ? `${s} s` : s < 3600 ? `${Math.floor(s / 60)} min` : s < 172800 ? `${Math.floor(s / 3600)} h` : `${Math.floor(s / 86400)} d`;
  const texts = () => main.querySelectorAll("[data-since]").forEach((e) => {
    const s = Math.max(0, Math.floor(Date.now() / 1000) - e.dataset.since), late = e.dataset.limit && s > e.dataset.limit;
    e.classList.toggle("old", !!late);
    e.textContent = (late ? e.dataset.old : e.dataset.fresh).replace("{}", age(s));
  });
  const hear = (word) => {
    if (word === "lost") show(broken());
    if (word !== "live" || lost) soon();  // what changed while the line was down was not hinted
    lost = word === "lost";
  };
  setInterval(refresh, 2000);
  setInterval(() => { texts(); if (++ticks % 5 === 0) soon(); }, 60000);  // hints are not all: time alone makes data old
  if (self.SharedWorker) {
    const { port } = new SharedWorker(import.meta.url, { type: "module" });
    port.onmessage = ({ data }) => hear(data);
    addEventListener("pagehide", () => port.postMessage("bye"));
    addEventListener("pageshow", (event) => event.persisted && location.reload());
  } else open(hear);
}
