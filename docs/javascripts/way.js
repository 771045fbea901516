// How far the reader has come. It is kept in this browser, and told to no one.
import { kept } from "./live/kept.js";

const KEY = "attnbook way";
const LEAST = 5000; // ms on a page before its end counts as read

// Other modules keep a page's things by its path.
function pathOf(address) {
  return new URL(address, __md_scope).pathname;
}

/**
 * What is kept, by the address of a page: when it was read and which of its
 * questions are answered; the page where the reader was; by its key, how far
 * a card is and since when.
 */
export function way() {
  const empty = { read: {}, answered: {}, last: "", cards: {} };
  try {
    return { ...empty, ...JSON.parse(kept.read(KEY)) };
  } catch {
    return empty;
  }
}

function change(edit) {
  const now = way();
  edit(now);
  kept.write(KEY, JSON.stringify(now));
}

export function noteVisit(address) {
  if (way().last !== address) change((now) => (now.last = address));
}

export function noteRead(address) {
  if (address in way().read) return;
  change((now) => (now.read[address] = Date.now()));
}

export function noteAnswered(address, question) {
  const before = way().answered[address] ?? [];
  if (before.includes(question)) return;
  change((now) => (now.answered[address] = [...before, question]));
}

export function noteCard(key, step, since) {
  change((now) => (now.cards[key] = { step, since }));
}

/** Calls back when the end of a page has been seen, and not in passing. */
export function whenRead(end, call) {
  const since = performance.now();
  const watch = new IntersectionObserver(([{ isIntersecting }]) => {
    if (!isIntersecting) return;
    watch.disconnect();
    const left = Math.max(0, LEAST - (performance.now() - since));
    setTimeout(() => end.isConnected && call(), left);
  });
  watch.observe(end);
}

/**
 * What a page asks of a reader, and whether it is done.
 * @param {DOMStringMap} asks
 */
export function ticksOf({ page, predicts, exercises }, { read, answered }) {
  const start = `attnbook solved ${pathOf(page)} `;
  const solved = kept.keys().filter((key) => key.startsWith(start)).length;
  const predicted = (answered[page] ?? []).length;
  const ticks = [["read", page in read]];
  if (predicts !== "0")
    ticks.push(["predicted", predicted >= Number(predicts)]);
  if (exercises !== "0") ticks.push(["solved", solved >= Number(exercises)]);
  return ticks;
}
