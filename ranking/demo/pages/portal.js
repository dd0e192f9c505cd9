/* The portal in the reader's browser: it requests the lists of the reader's arms and moves their
   items when ranks change. Text enters the page as text only. */
import { addressFrom, armOf, watch } from "/demo/events.js";

const facts = document.body.dataset;
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const RETRY = 2000;
const SOON = 500;
const SETTLED = 5000;
const REFRESH = 5000;
const RENEW = 15000;
const EDITION = encodeURIComponent(facts.edition);
const LOCALE = { zh: "zh", en: "en-GB" }[document.documentElement.lang] ?? "ru";
const ADDRESS = /^(https?:\/\/|\/(?!\/))/;
/** The path of an address, without the host. */
const pathOf = (address) => new URL(address, location.href).pathname;

/* Words and numbers */

const numbers = new Intl.NumberFormat(LOCALE);

function seconds(stamp) {
  if (stamp === null || stamp === undefined || stamp === "") return NaN;
  const number = Number(stamp);
  if (Number.isNaN(number)) return Date.parse(stamp) / 1000;
  return number > 1e11 ? number / 1000 : number;
}

function ago(at) {
  const minutes = Math.floor((Date.now() / 1000 - at) / 60);
  if (Number.isNaN(minutes)) return "";
  if (minutes < 1) return facts.now;
  if (minutes < 60) return facts.minutes.replace("{n}", minutes);
  if (minutes < 1440) return facts.hours.replace("{n}", Math.floor(minutes / 60));
  return "";
}

function renewTimes() {
  for (const time of document.querySelectorAll("time[data-at]")) {
    const words = ago(seconds(time.dataset.at));
    time.title ||= time.textContent.trim();
    time.textContent = words || time.title;
  }
}

/* Lists */

function element(name, className, text = "") {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

function day(at) {
  return new Date(at * 1000).toLocaleDateString(LOCALE, { timeZone: "Asia/Tashkent" });
}

class List {
  constructor(root) {
    this.name = root.dataset.list;
    this.box = root.querySelector("ol, ul");
    this.items = new Map();
  }

  show(answer) {
    const board = answer.items ?? [];
    const before = new Map();
    for (const [id, item] of this.items) before.set(id, item.slip.getBoundingClientRect());
    const focused = document.activeElement;
    const first = this.items.size === 0;
    const next = new Map();
    board.forEach((facts, index) => {
      const item = this.items.get(facts.id) ?? this.make(facts);
      this.fill(item, facts, index + 1, answer);
      next.set(facts.id, item);
    });
    const order = Array.from(next.values(), (item) => item.row);
    const shown = this.box.children;
    if (order.length !== shown.length || order.some((row, k) => shown[k] !== row)) {
      this.box.replaceChildren(...order);
      if (this.box.contains(focused)) focused.focus({ preventScroll: true });
    }
    this.items = next;
    if (!first) this.animate(before);
  }

  make(facts) {
    const row = element("li", "item");
    const slip = element("a", "slip");
    const title = element("span", "title", facts.title);
    const meta = element("span", "meta");
    const item = { row, slip, title, views: element("span", "views") };
    const at = seconds(facts.published_at);
    const time = element("time", "", ago(at) || day(at));
    time.dataset.at = at;
    time.dateTime = new Date(at * 1000).toISOString();
    time.title = day(at);
    meta.append(element("span", "section", facts.section), time);
    if (this.name === "popular") meta.append(item.views);
    if (this.name === "related") slip.append(this.picture(facts.image));
    slip.append(title, meta);
    row.append(slip);
    return item;
  }

  picture(address) {
    const image = element("img", "");
    if (ADDRESS.test(address ?? "")) image.src = pathOf(address);
    image.alt = "";
    image.width = 960;
    image.height = 540;
    return image;
  }

  fill(item, now, slot, answer) {
    const pick = "arm" in now ? { experiment: answer.experiment, arm: now.arm } : {};
    const place = { article: now.id, surface: this.name, slot, list_id: answer.list_id, pick };
    item.title.textContent = now.title;
    if (ADDRESS.test(now.url ?? "")) item.slip.href = addressFrom(place, pathOf(now.url));
    watch(item.row, place);
    item.views.textContent = now.views ? facts.views.replace("{n}", numbers.format(now.views)) : "";
  }

  animate(before) {
    if (calm.matches) return;
    for (const [id, item] of this.items) {
      const old = before.get(id);
      if (!old) {
        item.row.classList.add("new");
        item.slip.animate([{ opacity: 0 }, { opacity: 1 }], { duration: 500, easing: "ease-out" });
        continue;
      }
      item.row.classList.remove("new");
      const place = item.slip.getBoundingClientRect();
      const [x, y] = [old.left - place.left, old.top - place.top];
      if (Math.abs(x) + Math.abs(y) < 2) continue;
      const moved = [{ transform: `translate(${x}px, ${y}px)` }, { transform: "none" }];
      item.slip.animate(moved, { duration: 550, easing: "cubic-bezier(.2, .8, .2, 1)" });
    }
  }
}

async function ask(list, address) {
  try {
    const answer = await fetch(address, { headers: { Accept: "application/json" } });
    if (answer.ok) list.show(await answer.json());
  } catch {
    /* The next round asks again. */
  }
}

function every(milliseconds, act) {
  act();
  return setInterval(() => document.hidden || act(), milliseconds);
}

function follow(list, root, arm) {
  const section = facts.section ? `&section=${encodeURIComponent(facts.section)}` : "";
  const address = `/v1/popular?edition=${EDITION}&n=${root.dataset.n}${section}${arm}`;
  let polling = 0;
  const poll = (pause) => (polling ||= every(pause, () => ask(list, address)));
  if (section || arm || !("EventSource" in window)) return poll(RETRY);
  const board = (message) => {
    clearInterval(polling);
    polling = 0;
    const answer = JSON.parse(message.data);
    list.show({ items: (answer.items ?? []).slice(0, Number(root.dataset.n)) });
  };
  /* A short visit needs no open stream. */
  poll(SOON);
  setTimeout(() => {
    const stream = new EventSource(`/v1/stream?edition=${EDITION}&surface=popular`);
    stream.addEventListener("board", board);
    stream.addEventListener("message", board);
    stream.addEventListener("error", () => poll(RETRY));
  }, SETTLED);
}

for (const root of document.querySelectorAll("[data-list]")) {
  const list = new List(root);
  const name = await armOf(root.dataset.list);
  const arm = name && `&arm=${name}`;
  if (root.dataset.list === "popular") {
    follow(list, root, arm);
  } else {
    const id = encodeURIComponent(facts.article);
    const address = `/v1/related/${id}?edition=${EDITION}&n=${root.dataset.n}${arm}`;
    every(REFRESH, () => ask(list, address));
  }
}

/* The front page's own news */

function links(part) {
  return Array.from(part.querySelectorAll("a"), (link) => link.getAttribute("href")).join();
}

async function renewFront() {
  try {
    const answer = await fetch(location.pathname + location.search);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of document.querySelectorAll("[data-fresh]")) {
      const next = page.querySelector(`[data-fresh="${part.dataset.fresh}"]`);
      if (!next || links(next) === links(part) || part.contains(document.activeElement)) continue;
      part.replaceChildren(...next.childNodes);
    }
  } catch {
    /* The next round asks again. */
  }
  renewTimes();
}

every(RENEW, document.querySelector("[data-fresh]") ? renewFront : renewTimes);
renewTimes();
for (const current of document.querySelectorAll("nav [aria-current]")) {
  current.scrollIntoView({ block: "nearest", inline: "nearest" });
}
