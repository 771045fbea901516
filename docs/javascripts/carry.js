// Takes what the browser keeps of this book to another one, or forgets it.
import { make } from "./live/dom.js";
import { kept } from "./live/kept.js";

const OURS = "attnbook ";
const FORMAT = "attnbook 1";

// Things of a page are kept by its path: that of the site is left out.
const root = () => new URL(".", __md_scope).pathname;
const here = (key) => key.replace(" /", ` ${root()}`);
const anywhere = (key) => key.replace(` ${root()}`, " /");

/** All that is kept, as text. */
export function exported() {
  const keys = kept.keys().filter((key) => key.startsWith(OURS));
  const all = keys.map((key) => [anywhere(key), kept.read(key)]);
  const items = Object.fromEntries(all);
  return `${JSON.stringify({ format: FORMAT, items }, null, 2)}\n`;
}

/** Keeps what a text holds beside what is here; says how many things. */
export function imported(text) {
  const { format, items } = JSON.parse(text);
  const all = Object.entries(items ?? {});
  const isOurs = all.every(
    ([key, item]) => key.startsWith(OURS) && typeof item === "string",
  );
  if (format !== FORMAT || !isOurs) throw new Error("another file");
  for (const [key, item] of all) kept.write(here(key), item);
  return all.length;
}

/** Forgets all that is kept of this book, and says how many things. */
export function forgotten() {
  const keys = kept.keys().filter((key) => key.startsWith(OURS));
  keys.forEach(kept.remove);
  return keys.length;
}

document$.subscribe(() => {
  const place = document.querySelector(".carry");
  if (place && !place.childElementCount) place.append(...parts());
});

function parts() {
  const status = make("p", { role: "status" });
  const say = (text) => (status.textContent = text);
  const file = make("input", {
    type: "file",
    accept: ".json",
    hidden: true,
    ariaLabel: "File to import",
  });
  file.addEventListener("change", async () => {
    const [chosen] = file.files;
    file.value = "";
    if (chosen) say(take(await chosen.text()));
  });
  const bar = make(
    "p",
    { className: "recap-bar" },
    button("Export", download),
    button("Import", () => file.click()),
    resetButton(say),
    file,
  );
  return [bar, status];
}

function button(text, onclick) {
  return make("button", { type: "button", onclick }, text);
}

function take(text) {
  try {
    return `Imported: ${imported(text)} things that were kept.`;
  } catch {
    return "This file was not exported here. Nothing has changed.";
  }
}

// It asks once more, since nothing brings back what is forgotten.
function resetButton(say) {
  const reset = button("Reset", () => {
    if (reset.textContent === "Reset") {
      reset.textContent = "Forget everything";
      say("Ticks, cards, solutions and edits will be gone. Press again.");
      return;
    }
    reset.textContent = "Reset";
    say(`Forgotten: ${forgotten()} things that were kept.`);
  });
  reset.addEventListener("blur", () => (reset.textContent = "Reset"));
  return reset;
}

function download() {
  const file = new Blob([exported()], { type: "application/json" });
  const href = URL.createObjectURL(file);
  make("a", { href, download: "attnbook-progress.json" }).click();
  URL.revokeObjectURL(href);
}
