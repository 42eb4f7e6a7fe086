// The contact sheet: loads the list in pages, listens for what arrives, and shows one photo large.
// Nothing that a phone sent is ever put into the page as markup: text goes in as text.
import { openPairing, refreshPairing } from "/pair.js";

const $ = (id) => document.getElementById(id);
const DISPLAYED = /^image\/(jpeg|png|webp|gif|avif)$/;
const own = { "Satchel-Page": "1" };
const state = { order: "taken", tag: null, next: null, loading: false, whole: false, items: [], tiles: new Map(), shown: null, names: 0 };

export function el(name, props = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "class") node.className = value;
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.filter((c) => c !== null && c !== undefined));
  return node;
}

export async function ask(path, options = {}) {
  const reply = await fetch(path, { ...options, headers: { ...own, ...(options.headers || {}) }, credentials: "same-origin" });
  if (reply.status === 401) { showLogin(); throw new Error("login"); }
  if (!reply.ok) throw new Error((await reply.json().catch(() => ({}))).message || `the receiver answered ${reply.status}`);
  return reply.status === 204 ? null : reply.json();
}

// ---- the list -------------------------------------------------------------------------------------

const keyOf = (a) => (state.order === "taken" ? a.taken : a.arrived);
const before = (a, b) => keyOf(a) > keyOf(b) || (keyOf(a) === keyOf(b) && a.id > b.id);
const matches = (a) => !state.tag || a.tags.some((t) => t.toLowerCase() === state.tag.toLowerCase());

function dayOf(asset) {
  // A photo's day is its local one; the day of arrival is this viewer's.
  if (state.order === "taken") return new Date(asset.taken * 1000).toISOString().slice(0, 10);
  const d = new Date(asset.arrived * 1000);
  return [d.getFullYear(), String(d.getMonth() + 1).padStart(2, "0"), String(d.getDate()).padStart(2, "0")].join("-");
}

function sectionFor(day) {
  const known = document.querySelector(`section[data-day="${day}"]`);
  if (known) return known;
  const date = new Date(`${day}T12:00:00Z`);
  const words = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
  const section = el("section", { "data-day": day, class: "day" },
    el("h2", {}, el("time", { datetime: day }, words.format(date)), el("span", { class: "count" })),
    el("div", { class: "grid" }));
  const later = [...$("sheet").children].find((s) => s.dataset.day < day);
  $("sheet").insertBefore(section, later || null);
  return section;
}

function count(section) {
  const n = section.querySelectorAll(".tile").length;
  if (n === 0) section.remove();
  else section.querySelector(".count").textContent = n === 1 ? "1 frame" : `${n} frames`;
}

function place(asset, fresh) {
  let low = 0;
  for (let high = state.items.length; low < high;) {
    const middle = (low + high) >> 1;
    if (before(state.items[middle], asset)) low = middle + 1; else high = middle;
  }
  // Further down than what is loaded: it comes with its page.
  if (fresh && low === state.items.length && state.next !== null) return;
  const day = dayOf(asset);
  const section = sectionFor(day);
  const following = state.items[low];
  const anchor = following && dayOf(following) === day ? state.tiles.get(following.id) : null;
  const tile = draw(asset);
  if (fresh) tile.classList.add("fresh");
  section.querySelector(".grid").insertBefore(tile, anchor);
  state.items.splice(low, 0, asset);
  state.tiles.set(asset.id, tile);
  count(section);
}

function drop(id) {
  const at = state.items.findIndex((a) => a.id === id);
  if (at < 0) return;
  state.items.splice(at, 1);
  const tile = state.tiles.get(id);
  state.tiles.delete(id);
  const section = tile.closest(".day");
  tile.remove();
  count(section);
}

function update(asset) {
  const old = state.items.find((a) => a.id === asset.id);
  if (old && matches(asset) && keyOf(old) === keyOf(asset)) {
    const tile = draw(asset);
    if ((arrived(asset) && !arrived(old)) || (whole(asset) && !whole(old))) tile.classList.add("fresh");
    state.tiles.get(asset.id).replaceWith(tile);
    state.tiles.set(asset.id, tile);
    state.items[state.items.indexOf(old)] = asset;
  } else {
    drop(asset.id);
    if (matches(asset)) place(asset, true);
  }
  if (state.shown === asset.id) show(asset.id);
  blanks();
}

async function load() {
  if (state.loading || state.whole) return;
  state.loading = true;
  try {
    const query = new URLSearchParams({ order: state.order });
    if (state.tag) query.set("tag", state.tag);
    if (state.next) query.set("after", state.next);
    const page = await ask(`/api/assets?${query}`);
    state.next = page.next;
    state.whole = page.next === null;
    for (const asset of page.assets) if (!state.tiles.has(asset.id)) place(asset, false);
    blanks();
  } finally {
    state.loading = false;
  }
  if (!state.whole && $("more").getBoundingClientRect().top < innerHeight * 2) load();
}

function reload() {
  Object.assign(state, { next: null, whole: false, items: [], tiles: new Map() });
  $("sheet").replaceChildren();
  return Promise.all([load(), loadTags()]);
}

function blanks() {
  const none = state.whole && state.items.length === 0;
  $("empty").hidden = !(none && !state.tag);
  $("nothing").hidden = !(none && state.tag);
}

// ---- tags -----------------------------------------------------------------------------------------

async function loadTags() {
  const tags = await ask("/api/tags");
  const link = (tag, label, n) => el("a", {
    href: tag ? `/?tag=${encodeURIComponent(tag)}` : "/", "data-tag": tag || "",
    "aria-current": (tag || null) === state.tag ? "true" : null,
    onclick: (e) => { if (!e.metaKey && !e.ctrlKey) { e.preventDefault(); filter(tag); } },
  }, label, n ? el("small", {}, String(n)) : null);
  const known = state.tag && !tags.some((t) => t.tag.toLowerCase() === state.tag.toLowerCase());
  $("tags").replaceChildren(...(tags.length || state.tag ? [link(null, "All")] : []),
    ...tags.map((t) => link(t.tag, `#${t.tag}`, t.count)), ...(known ? [link(state.tag, `#${state.tag}`)] : []));
}

let tagTimer = 0;
function tagsSoon() {
  clearTimeout(tagTimer);
  tagTimer = setTimeout(() => loadTags().catch(() => {}), 1000);
}

function filter(tag, push = true) {
  state.tag = tag;
  const url = new URL(location.href);
  if (tag) url.searchParams.set("tag", tag); else url.searchParams.delete("tag");
  url.hash = "";
  if (push) history.pushState(null, "", url);
  $("viewer").close();
  reload();
}

// ---- a tile ---------------------------------------------------------------------------------------

const arrived = (a) => a.parts.some((p) => p.here);
const media = (a, p, more = "") => `/media/${a.id}/${p.position}?v=${p.hash.slice(0, 12)}${more}`;
const isVideo = (p) => p.type.startsWith("video/");
const originals = (a) => a.parts.filter((p) => p.rendition === "original");
const half = (a, role) => originals(a).find((p) => p.role === role);
/** A live photo: a still, and a film of the moment around it, as one. */
const isLive = (a) => Boolean(half(a, "still") && half(a, "motion"));
/** What a person calls the asset: a live photo is its still, whichever file was named first. */
const mainOf = (a) => (isLive(a) ? half(a, "still") : a.parts[0]);
/** The original that is still to come, the main one first. */
const missing = (a) => [mainOf(a), ...originals(a)].find((p) => p && !p.here);
const whole = (a) => !missing(a);

function best(asset, order) {
  for (const rendition of order) {
    const part = asset.parts.find((p) => p.here && p.rendition === rendition && DISPLAYED.test(p.type));
    if (part) return part;
  }
  return null;
}

function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let n = bytes, unit = -1;
  while (n >= 999.5 && unit < units.length - 1) { n /= 1000; unit += 1; }
  return `${n < 10 ? n.toFixed(1) : Math.round(n)} ${units[unit]}`;
}

function clockOf(asset) {
  const t = /T(\d\d:\d\d)/.exec((asset.time || "").replace(" ", "T"));
  if (t) return t[1];
  return new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(new Date(asset.arrived * 1000));
}

function zoneOf(asset) {
  const z = /([+-]\d\d:\d\d|Z)$/.exec(asset.time || "");
  return z ? (z[1] === "Z" ? "UTC" : `UTC${z[1]}`) : "";
}

function picture(asset) {
  const main = mainOf(asset), lacking = missing(asset);
  if (!main) return el("div", { class: "plate words" }, el("b", {}, "Text only"));
  const image = best(asset, ["preview", "press", "original"]);
  if (image) {
    const shown = el("img", { src: media(asset, image), alt: asset.caption || main.name, loading: "lazy", decoding: "async" });
    return lacking ? el("div", { class: "early" }, shown, bar(lacking)) : shown;
  }
  const video = asset.parts.find((p) => p.here && isVideo(p));
  const here = main.here ? main : asset.parts.find((p) => p.here);
  if (video || here) {
    const shown = video
      ? film(asset, video, () => unseen(here), { src: `${media(asset, video)}#t=0.1`, preload: "metadata", muted: true, tabindex: "-1" })
      : unseen(here);
    return lacking ? el("div", { class: "early" }, shown, bar(lacking)) : shown;
  }
  const got = main.received || 0;
  return el("div", { class: "plate waiting" }, el("b", {}, "On its way"), el("span", {}, main.name),
    bar(main),
    el("small", {}, `${size(got)} of ${size(main.length)}`));
}

/** In the place of what this browser has no picture of. */
function unseen(part) {
  const kind = (part.name.split(".").pop() || "file").slice(0, 5).toUpperCase();
  return el("div", { class: "plate" }, el("b", {}, kind), el("span", {}, part.name), el("small", {}, "This browser cannot show it; it can be downloaded."));
}

/** A film; something else takes its place where this browser cannot play it, which only trying tells for certain. */
function film(asset, part, otherwise, props) {
  const video = el("video", { src: media(asset, part), playsinline: true, onerror: () => video.replaceWith(otherwise()), ...props });
  return video;
}

/** How much of a part's bytes is here. */
function bar(part) {
  return el("progress", { max: String(Math.max(part.length, 1)), value: String(part.received || 0), "data-hash": part.hash, "aria-label": "received" });
}

function draw(asset) {
  const main = mainOf(asset);
  const live = isLive(asset);
  const video = live || asset.parts.some(isVideo);
  const where = [asset.contributor, asset.place].filter(Boolean).join(" · ");
  return el("article", { class: "tile", "data-asset": asset.id, "data-state": arrived(asset) ? "here" : "waiting", "data-whole": String(whole(asset)), "data-posted": String(asset.posted) },
    el("button", { type: "button", class: "frame", "aria-label": (asset.caption || (main ? main.name : "Post")) + (live ? ", live photo" : ""), onclick: () => show(asset.id) },
      picture(asset), video ? el("span", { class: "badge", title: live ? "Live photo" : "Video" }, live ? "Live" : "▶") : null),
    el("div", { class: "edge" }, el("span", { class: "name", title: main ? main.name : null }, main ? main.name : "—"), el("span", { class: "clock" }, clockOf(asset))),
    asset.caption ? el("p", { class: "caption" }, asset.caption) : asset.posted ? null : el("p", { class: "caption none" }, "No words came with it yet"),
    el("p", { class: "by" }, where),
    asset.tags.length ? el("p", { class: "marks" }, ...asset.tags.map(tagLink)) : null);
}

function tagLink(tag) {
  return el("a", { href: `/?tag=${encodeURIComponent(tag)}`, onclick: (e) => { if (!e.metaKey && !e.ctrlKey) { e.preventDefault(); filter(tag); } } }, `#${tag}`);
}

// ---- one photo, large -----------------------------------------------------------------------------

function row(term, ...values) {
  return [el("dt", {}, term), el("dd", {}, ...values)];
}

/** What a live photo's two files come to, in words. */
function halves(asset) {
  const still = half(asset, "still").here, motion = half(asset, "motion").here;
  if (still && motion) return "a still and its motion";
  if (still) return "the motion is still to come";
  return motion ? "the still itself is still to come" : "both its files are still to come";
}

function show(id) {
  const asset = state.items.find((a) => a.id === id);
  if (!asset) return $("viewer").close();
  state.shown = id;
  const live = isLive(asset);
  const motion = live ? half(asset, "motion") : null;
  const video = motion && motion.here ? motion : asset.parts.find((p) => p.here && isVideo(p));
  const image = best(asset, ["original", "press", "preview"]);
  const still = () => (image ? el("img", { src: media(asset, image), alt: asset.caption || image.name }) : picture(asset));
  const kept = (part) => el("a", { class: "second", href: media(asset, part, "&download=1"), download: part.name }, "Download the motion");
  // A film has a poster; a live photo has a still and a film of it.
  const alone = video && !(live && image);
  $("stage").replaceChildren(...[
    alone ? film(asset, video, still, { poster: image && media(asset, image), controls: true, autoplay: true }) : still(),
    video && !alone ? film(asset, video, () => kept(video), { class: "second", controls: true, preload: "metadata", "aria-label": "The motion of this live photo" }) : null].filter(Boolean));
  const day = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeZone: "UTC" }).format(new Date(asset.taken * 1000));
  const at = asset.latitude !== null && asset.longitude !== null ? `${asset.latitude.toFixed(4)}, ${asset.longitude.toFixed(4)}` : null;
  $("notes").replaceChildren(
    el("p", { class: asset.caption ? "caption" : "caption none" }, asset.caption || (asset.posted ? "No caption" : "No words came with it yet")),
    asset.tags.length ? el("p", { class: "marks" }, ...asset.tags.map(tagLink)) : "",
    el("dl", {},
      ...(live ? row("Live photo", halves(asset)) : []),
      ...row("From", asset.contributor),
      ...(asset.author && asset.author !== asset.contributor ? row("By", asset.author) : []),
      ...row("Taken", asset.time ? `${day}, ${clockOf(asset)} ${zoneOf(asset)}`.trim() : "not said"),
      ...(asset.place || at ? row("Place", asset.place || "", asset.place && at ? el("br") : "", at ? el("span", { class: "mono" }, at) : "") : []),
      ...row("Arrived", new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" }).format(new Date(asset.arrived * 1000)))),
    el("ul", { class: "parts" }, ...asset.parts.map((p) => el("li", {},
      p.here ? el("a", { href: media(asset, p, "&download=1"), download: p.name }, p.name) : el("span", {}, p.name),
      el("small", {}, [p.rendition === "original" ? (live ? p.role : null) : p.rendition, size(p.length), p.here ? null : "on its way"].filter(Boolean).join(" · "))))),
    el("button", { type: "button", class: "delete", onclick: () => remove(asset) }, "Delete here"));
  const at_ = state.items.indexOf(asset);
  $("back").disabled = at_ === 0;
  $("on").disabled = at_ === state.items.length - 1 && state.whole;
  if (!$("viewer").open) $("viewer").showModal();
}

async function step(by) {
  const at = state.items.findIndex((a) => a.id === state.shown) + by;
  if (at >= state.items.length - 1) await load();
  if (at >= 0 && at < state.items.length) show(state.items[at].id);
}

async function remove(asset) {
  if (!confirm("Delete this from the receiver? The phone that sent it is told, and will not send it again by itself.")) return;
  await ask(`/api/assets/${asset.id}`, { method: "DELETE" });
  $("viewer").close();
  drop(asset.id);
  blanks();
}

// ---- news -----------------------------------------------------------------------------------------

let stream = null;
function listen() {
  if (stream) stream.close();
  stream = new EventSource("/api/events");
  const live = (name, text) => { $("live").dataset.state = name; $("live-text").textContent = text; };
  let greeted = false;
  stream.addEventListener("hello", () => { live("on", "live"); if (greeted) reload(); greeted = true; });
  stream.addEventListener("missed", reload);
  stream.addEventListener("asset", (e) => { update(JSON.parse(e.data)); tagsSoon(); });
  stream.addEventListener("gone", (e) => { drop(JSON.parse(e.data).id); blanks(); tagsSoon(); });
  stream.addEventListener("paired", refreshPairing);
  stream.addEventListener("progress", (e) => {
    const { hash, received } = JSON.parse(e.data);
    for (const bar of document.querySelectorAll(`progress[data-hash="${hash}"]`)) {
      bar.value = received;
      // A picture that is there already has no words below its bar.
      if (bar.nextElementSibling) bar.nextElementSibling.textContent = `${size(received)} of ${size(bar.max)}`;
    }
    for (const asset of state.items) for (const part of asset.parts) if (part.hash === hash) part.received = received;
  });
  stream.onerror = () => {
    live("off", "reconnecting");
    if (stream.readyState === EventSource.CLOSED) setTimeout(() => ask("/api/desk").then(listen).catch(() => setTimeout(listen, 3000)), 1500);
  };
}

// ---- coming in ------------------------------------------------------------------------------------

function showLogin() {
  if (stream) stream.close();
  document.body.dataset.view = "login";
  $("login").hidden = false;
  $("key").focus();
}

async function logIn(key) {
  const reply = await fetch("/api/login", { method: "POST", headers: { ...own, "Content-Type": "application/json" }, body: JSON.stringify({ key }) });
  if (!reply.ok) throw new Error((await reply.json().catch(() => ({}))).message || "the receiver did not answer");
}

async function open() {
  const desk = await ask("/api/desk");
  document.body.dataset.view = "sheet";
  $("login").hidden = true;
  $("desk-name").textContent = document.title = desk.name;
  await reload();
  listen();
}

async function begin() {
  state.tag = new URLSearchParams(location.search).get("tag");
  const key = new URLSearchParams(location.hash.slice(1)).get("key");
  if (key) {
    history.replaceState(null, "", location.pathname + location.search);
    await logIn(key).catch(() => {});
  }
  await open().catch((e) => { if (e.message !== "login") { $("login-wrong").textContent = e.message; showLogin(); } });
}

$("login-form").addEventListener("submit", async (e) => {
  e.preventDefault();
  $("login-wrong").textContent = "";
  try { await logIn($("key").value); await open(); } catch (error) { $("login-wrong").textContent = error.message; }
});
for (const button of document.querySelectorAll("[data-order]")) {
  button.addEventListener("click", () => {
    state.order = button.dataset.order;
    for (const other of document.querySelectorAll("[data-order]")) other.setAttribute("aria-pressed", String(other === button));
    reload();
  });
}
$("open-pairing").addEventListener("click", () => openPairing());
$("empty-pair").addEventListener("click", () => openPairing());
$("logout").addEventListener("click", async () => { await ask("/api/logout", { method: "POST" }).catch(() => {}); showLogin(); });
$("close").addEventListener("click", () => $("viewer").close());
$("back").addEventListener("click", () => step(-1));
$("on").addEventListener("click", () => step(1));
$("viewer").addEventListener("close", () => { state.shown = null; $("stage").replaceChildren(); });
$("viewer").addEventListener("click", (e) => { if (e.target === $("viewer") || e.target === $("stage")) $("viewer").close(); });
addEventListener("keydown", (e) => {
  if (!$("viewer").open || e.target instanceof HTMLVideoElement) return;
  if (e.key === "ArrowLeft") step(-1);
  if (e.key === "ArrowRight") step(1);
});
addEventListener("popstate", () => filter(new URLSearchParams(location.search).get("tag"), false));
new IntersectionObserver((seen) => { if (seen.some((s) => s.isIntersecting) && document.body.dataset.view === "sheet") load(); }, { rootMargin: "1200px" }).observe($("more"));
begin();
