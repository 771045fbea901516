// Ask a number: what computes it, its value in full, and whose function did.
// What there is to say lies beside the page, and comes when it is asked for.
import { markOutputs } from "./asked-outputs.js";
import { inTheBook, light, spelledOut } from "./asked-sums.js";
import { make } from "./live/dom.js";

const MARKED = "[data-asked]"; // in the text, or a cell of a picture
const WAIT = 180; // ms over a number before it answers
const typing = "input, textarea, select, [contenteditable]";

const panel = make("aside", { className: "asked", popover: "manual" });
panel.ariaLabel = "Where this number comes from";
const told = new Map(); // by the address of a page
let timer = 0;
let shown = null;

// The numbers of the text are one stop of the tab key; A goes on from there.
document$.subscribe((page) => {
  hide();
  markOutputs(page);
  const first = all().find(
    (it) => it.matches("data:not(summary *)") && isSeen(it),
  );
  first?.setAttribute("tabindex", "0");
  document.body.classList.toggle("can-ask", all().length > 0);
});

function all() {
  return [...document.querySelectorAll(`.md-content ${MARKED}`)];
}

function isSeen(number) {
  return number.checkVisibility({ visibilityProperty: true });
}

function numbers() {
  return all().filter(isSeen);
}

// What numbers.json tells of it, by its key and by that of its base.
async function origin(number) {
  const address = new URL("numbers.json", location.href).href;
  if (!told.has(address)) {
    told.set(
      address,
      fetch(address).then((reply) => reply.json()),
    );
  }
  const { numbers, bases, full } = await told.get(address);
  const [expression, made, functions, base, places] =
    numbers[number.dataset.asked];
  const at = [...places, ...entriesOf(number.dataset.place)];
  const [sums, agreed] = bases[base] ?? [];
  const rounded = full[number.dataset.asked]?.[number.value];
  return { expression, made, functions, base, at, sums, agreed, rounded };
}

// "[1][2]" as [1, 2]
function entriesOf(place = "") {
  return [...place.matchAll(/-?\d+/g)].map(Number);
}

async function show(number) {
  clearTimeout(timer);
  if (number === shown) return;
  hide();
  shown = number;
  const found = await origin(number).catch(() => null);
  if (!found || shown !== number) return;
  panel.replaceChildren(...said(number, found));
  behind(number).after(panel);
  number.setAttribute("aria-details", (panel.id = "asked"));
  light(found);
  panel.showPopover();
  place(number);
}

// What the panel is put after: it is no part of a link, of a picture, of a
// formula, or of the title of a box, which may be closed.
function behind(number) {
  const title = number.closest("summary");
  return title?.parentElement ?? number.closest("a, svg, .katex") ?? number;
}

function hide() {
  clearTimeout(timer);
  shown?.removeAttribute("aria-details");
  shown = null;
  document.querySelectorAll(".asked-lit").forEach((it) => {
    it.classList.remove("asked-lit");
  });
  panel.remove();
}

function said(number, found) {
  const { expression, made, functions } = found;
  const parts = made.map((it) => make("pre", {}, make("code", {}, it)));
  const { place = "", value = number.getAttribute("value") } = number.dataset;
  const gives = make("p", { className: "asked-value" });
  const source = make("code", {}, expression + place);
  if (number.matches("pre *")) {
    parts.push(make("pre", {}, source));
    gives.append(make("span", {}, `printed ${value}`));
    if (found.rounded) gives.append(`, rounded from ${found.rounded}`);
  } else gives.append(source, make("span", {}, ` gives ${value}`));
  parts.push(gives);
  parts.push(...spelledOut(found), ...inTheBook(found));
  if (functions.length) {
    const links = functions.flatMap(([name, address], i) => [
      i ? ", " : "Made by ",
      address
        ? make("a", { href: new URL(address, __md_scope).href }, name)
        : make("code", {}, name),
    ]);
    parts.push(make("p", {}, ...links));
  }
  const key = (text) => make("kbd", {}, text);
  const hint = make("p", { className: "asked-hint" });
  hint.append(key("A"), " next number, ", key("Esc"), " closes");
  return [...parts, hint];
}

// Below the number, or above it where there is more room; never off the page.
function place(number) {
  const lines = number.getClientRects();
  const { left, bottom, top } = lines[lines.length - 1];
  const [below, above] = [innerHeight - bottom - 12, top - 60];
  panel.style.maxHeight = "";
  const isBelow = panel.offsetHeight <= below || below >= above;
  panel.style.maxHeight = `min(60vh, ${isBelow ? below : above}px)`;
  const { offsetWidth: width, offsetHeight: height } = panel;
  const most = document.documentElement.clientWidth - width - 8;
  panel.style.left = `${Math.max(8, Math.min(left, most))}px`;
  panel.style.top = `${isBelow ? bottom + 4 : top - height - 4}px`;
}

// The one that has the focus is the stop of the tab key.
function goTo(number) {
  for (const other of numbers()) other.removeAttribute("tabindex");
  number.setAttribute("tabindex", "0");
  number.focus({ preventScroll: true });
  number.scrollIntoView({ block: "center" });
  show(number);
}

function next(step) {
  const seen = numbers();
  if (!seen.length) return;
  const from = shown ?? seen.find((it) => it === document.activeElement);
  const first = seen.findIndex((it) => it.getBoundingClientRect().top > 60);
  const start = step > 0 ? Math.max(first, 0) : seen.length - 1;
  const at = from ? seen.indexOf(from) + step : start;
  goTo(seen[(at + seen.length) % seen.length]);
}

function over({ target, pointerType }) {
  if (pointerType !== "mouse") return;
  const number = target.closest?.(MARKED);
  clearTimeout(timer);
  if (number) timer = setTimeout(() => show(number), WAIT);
  else if (shown && !target.closest?.(".asked")) timer = setTimeout(hide, 400);
}

document.addEventListener("pointerover", over);
// In the title of a box, a finger asks the number and opens nothing.
document.addEventListener("click", (event) => {
  const { target, pointerType } = /** @type {PointerEvent} */ (event);
  const part = /** @type {Element} */ (target);
  const number = part.closest(MARKED);
  const isTitle = number && part.closest("summary");
  if (isTitle && pointerType === "touch") event.preventDefault();
  const opens = isTitle && pointerType !== "touch";
  if (number && !opens && !part.closest("a")) show(number);
  else if (!part.closest(".asked")) hide();
});
document.addEventListener("focusin", ({ target }) => {
  const part = /** @type {Element} */ (target);
  const number = part.closest(MARKED);
  if (number) show(number);
  else if (!part.closest(".asked")) hide();
});
document.addEventListener("keydown", (event) => {
  const { key, target, ctrlKey, altKey, metaKey } = event;
  if (key === "Escape") return hide();
  if (key.toLowerCase() !== "a" || ctrlKey || altKey || metaKey) return;
  if (/** @type {Element} */ (target).closest?.(typing)) return;
  next(key === "a" ? 1 : -1);
});
document.addEventListener(
  "scroll",
  () => shown && panel.isConnected && place(shown),
  {
    passive: true,
  },
);
