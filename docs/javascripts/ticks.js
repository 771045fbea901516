// Ticks for what is read, predicted and solved, in the tree and on the page,
// and on the first page the way back to where the reader was.
import { make } from "./live/dom.js";
import {
  noteAnswered,
  noteRead,
  noteVisit,
  ticksOf,
  way,
  whenRead,
} from "./way.js";

const PREDICTS = "details.question";

document$.subscribe(() => {
  const page = here();
  if (page) {
    noteVisit(page);
    whenRead(document.querySelector(".book-turn"), () => noteRead(page));
  }
  show();
});
document.addEventListener("kept", () => requestAnimationFrame(show));
document.addEventListener("answered", answered);
document.addEventListener("toggle", answered, true);

// The page of the course that the reader is on, if it is one.
function here() {
  return all(".ticks-of-page")[0]?.dataset.page;
}

/** @returns {HTMLElement[]} */
function all(selector) {
  return [...document.querySelectorAll(selector)];
}

// A question is answered when it is opened, or when its answer is.
function answered({ target, type }) {
  const page = here();
  if (!page || !target.matches?.(PREDICTS)) return;
  if (type === "toggle" && !target.open) return;
  const number = all(PREDICTS)
    .filter((it) => /^Predict/.test(it.textContent.trim()))
    .indexOf(target);
  if (number >= 0) noteAnswered(page, number);
}

function show() {
  const now = way();
  for (const place of all(".ticks")) {
    const inTree = !place.matches(".ticks-of-page"); // only what is done
    const ticks = ticksOf(place.dataset, now)
      .filter(([, isDone]) => isDone || !inTree)
      .map(([name, isDone]) => tick(name, isDone));
    place.replaceChildren(...ticks);
  }
  showContinue(now);
}

function tick(name, isDone) {
  const className = `tick${isDone ? " done" : ""}`;
  const words = isDone ? `${name}. ` : `not ${name} yet. `;
  return make(
    "span",
    { className, title: isDone ? name : `not ${name} yet` },
    make("span", { className: "tick-name", ariaHidden: "true" }, name),
    make("span", { className: "only-heard" }, words),
  );
}

// Where the reader was: the next page, if that one was read to its end.
function showContinue({ last, read }) {
  const place = document.querySelector(".continue");
  if (!place) return;
  const pages = all(".course .ticks");
  const at = pages.findIndex((it) => it.dataset.page === last);
  const next = pages[at + (last in read ? 1 : 0)];
  if (at < 0 || !next) return place.replaceChildren();
  const { page, name } = next.dataset;
  const count = pages.filter((it) => it.dataset.page in read).length;
  place.replaceChildren(
    make(
      "a",
      { href: new URL(page, __md_scope).href },
      make("strong", {}, "Continue where you were"),
      ` ${name}`,
    ),
    make("span", {}, `${count} of ${pages.length} pages read`),
  );
}
