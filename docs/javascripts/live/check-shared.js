// A text that the browser keeps, and that may be open in another tab.
import { make } from "./dom.js";
import { kept } from "./kept.js";

// As it is kept: what a text becomes, and what text it was.
const PLAIN = { pack: (text) => text, unpack: (held) => held };

export class Shared {
  #key;
  #start;
  #editor;
  #form;

  constructor(key, start, editor, form = PLAIN) {
    this.#key = key;
    this.#start = start;
    this.#editor = editor;
    this.#form = form;
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
    if (!this.note.hidden) return;
    const held = this.#form.pack(this.#editor.value);
    if (held === null) kept.remove(this.#key);
    else kept.write(this.#key, held);
  }

  #listen() {
    const left = new AbortController();
    const hear = ({ key, newValue }) => {
      if (!this.#editor.isConnected) left.abort();
      else if (key === this.#key) this.#hear(this.#text(newValue));
    };
    addEventListener("storage", hear, { signal: left.signal });
  }

  #text(held) {
    return (held && this.#form.unpack(held)) ?? this.#start;
  }

  #hear(theirs) {
    this.note.hidden = theirs === this.#editor.value;
  }

  #take() {
    this.#editor.value = this.#text(kept.read(this.#key));
    this.#decided();
    this.#editor.dispatchEvent(new Event("input"));
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
