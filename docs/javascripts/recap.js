// Cards that come back after a day, a week, a month. A card is in play once
// its page is read; who knows the answer sees it later, who does not tomorrow.
import { make } from "./live/dom.js";
import { noteCard, way } from "./way.js";

const DAY = 24 * 60 * 60 * 1000;
const WAITS = [1, 7, 30].map((days) => days * DAY);

/** When a card comes back, as far as what is kept says; never, if unread. */
export function due(key, { read, cards }) {
  const [page] = key.split(" ");
  const { step, since } = cards[key] ?? { step: 0, since: read[page] };
  return since === undefined ? Infinity : since + WAITS[step];
}

/** How far a card is once the reader has said whether he knew it. */
export function after(key, knew, { cards }) {
  const step = cards[key]?.step ?? 0;
  return knew ? Math.min(step + 1, WAITS.length - 1) : 0;
}

document$.subscribe(show);

/** @returns {HTMLElement[]} */
function all() {
  return [...document.querySelectorAll(".card")].filter(
    (it) => it instanceof HTMLElement,
  );
}

function show() {
  const place = document.querySelector(".recap");
  if (!place) return;
  const [kept, now] = [way(), Date.now()];
  const times = all().map((card) => due(card.dataset.card, kept));
  const waiting = times.filter((time) => time <= now).length;
  const first = times.findIndex((time) => time <= now);
  place.replaceChildren(make("p", { role: "status" }, said(times, waiting)));
  if (waiting) place.append(asked(all()[first], kept));
}

function said(times, waiting) {
  if (waiting === 1) return "One card has come back.";
  if (waiting) return `${waiting} cards have come back.`;
  const next = Math.min(...times);
  if (next === Infinity) {
    return "No card is in play yet. Read a page to its end, and its cards come back a day later.";
  }
  const date = new Date(next).toLocaleDateString("en-GB", {
    weekday: "long",
    day: "numeric",
    month: "long",
  });
  return `No card is waiting. The next comes back on ${date}.`;
}

// A copy of the card, which can be answered once it has been unfolded.
function asked(card, kept) {
  const key = card.dataset.card;
  const copy = card.querySelector("details").cloneNode(true);
  const button = (text, knew) =>
    make(
      "button",
      {
        type: "button",
        onclick: () => {
          noteCard(key, after(key, knew, kept), Date.now());
          show();
          const next = document.querySelector(".recap summary");
          /** @type {HTMLElement} */ (next)?.focus();
        },
      },
      text,
    );
  const bar = make("p", { className: "recap-bar", hidden: true });
  bar.append(button("I knew it", true), button("Not yet", false));
  copy.addEventListener("toggle", () => (bar.hidden = !copy.open));
  return make("div", {}, copy, bar);
}
