// A text that the browser keeps, and that may be open in another tab.
import { make } from "./dom.js";
import { kept } from "./kept.js";

export class Shared {
  #key;
  #start;
  #editor;

  constructor(key, start, editor) {
    this.#key = key;
    this.#start = start;
    this.#editor = editor;
    this.note = make("div", { className: "live-choice", role: "alert" });
    this.note.hidden = true;
    const said = "This text has been changed in another tab.";
    this.note.append(
      make("p", {}, said),
      this.#button("Take that text", () => this.#take()),
      this.#button("Keep this one", () => this.#keep()),
    );
    editor.addEventListener("input", () => this.write());
    this.#listen();
  }

  // Nothing is written over the other tab's text before the reader decides.
  write() {
    if (this.note.hidden) kept.write(this.#key, this.#editor.value);
  }

  #listen() {
    const left = new AbortController();
    const hear = ({ key, newValue }) => {
      if (!this.#editor.isConnected) left.abort();
      else if (key === this.#key) this.#hear(newValue ?? this.#start);
    };
    addEventListener("storage", hear, { signal: left.signal });
  }

  #hear(theirs) {
    this.note.hidden = theirs === this.#editor.value;
  }

  #take() {
    this.#editor.value = kept.read(this.#key) ?? this.#start;
    this.#editor.fit();
    this.#decided();
  }

  #keep() {
    this.#decided();
    this.write();
  }

  #decided() {
    this.note.hidden = true;
    this.#editor.focus();
  }

  #button(text, onclick) {
    const button = make("button", { type: "button", textContent: text });
    button.addEventListener("click", onclick);
    return button;
  }
}
