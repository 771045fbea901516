// Elements, and a text field that knows how Python is indented and coloured.
import { coloured } from "./colour.js";

export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

// Hands a text to the reader as a file.
export function save(name, text) {
  const file = new Blob([text], { type: "text/plain" });
  const href = URL.createObjectURL(file);
  make("a", { href, download: name }).click();
  URL.revokeObjectURL(href);
}

// The field itself is what is returned; on the page stands its `box`, in which
// a coloured copy and the numbers of the lines lie below it. After its value
// was set, `fit` draws them anew.
// Control or Shift with Enter runs; Tab leaves the field, as everywhere.
export function makeEditor(text, label, onRun) {
  const editor = make("textarea", {
    className: "live-editor",
    value: text,
    spellcheck: false,
    autocapitalize: "off",
    autocomplete: "off",
    wrap: "off",
    ariaLabel: `${label}. Control and Enter runs it.`,
  });
  const copy = make("pre", { className: "live-copy highlight" });
  const lines = make("pre", { className: "live-lines" });
  copy.ariaHidden = lines.ariaHidden = "true";
  const page = make("div", { className: "live-page" }, copy, editor);
  const sheet = make("div", { className: "live-sheet" }, page);
  const box = make("div", { className: "live-paper" }, lines, sheet);
  const fit = () => {
    const parts = [...coloured(editor.value)];
    copy.replaceChildren(
      ...parts.map(([part, className]) =>
        className ? make("span", { className }, part) : part,
      ),
      "\n",
    );
    const count = editor.value.split("\n").length;
    lines.textContent = Array.from({ length: count }, (_, i) => i + 1).join(
      "\n",
    );
  };
  editor.addEventListener("input", fit);
  editor.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    if (event.ctrlKey || event.metaKey || event.shiftKey) onRun();
    // deprecated, and the one way to write that Undo can take back
    else document.execCommand("insertText", false, newLine(editor));
  });
  fit();
  return Object.assign(editor, { box, fit });
}

// A line begins where the one before did, deeper after a colon.
function newLine({ value, selectionStart }) {
  const before = value.slice(0, selectionStart).split("\n").at(-1);
  const indent = before.match(/^ */)[0];
  return `\n${indent}${/:\s*$/.test(before) ? "    " : ""}`;
}
