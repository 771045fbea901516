// Elements, and a text field that knows how Python is indented.

export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

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
  const fit = () => (editor.rows = editor.value.split("\n").length);
  editor.addEventListener("input", fit);
  editor.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    if (event.ctrlKey || event.metaKey || event.shiftKey) onRun();
    else document.execCommand("insertText", false, newLine(editor));
  });
  editor.fit = fit;
  fit();
  return editor;
}

// A line begins where the one before did, deeper after a colon.
function newLine({ value, selectionStart }) {
  const before = value.slice(0, selectionStart).split("\n").at(-1);
  const indent = before.match(/^ */)[0];
  return `\n${indent}${/:\s*$/.test(before) ? "    " : ""}`;
}
