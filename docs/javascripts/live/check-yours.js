// The page's field for a file of one's own: pasted, dropped or chosen.
import { CheckField } from "./check-field.js";
import { LIMIT } from "./controls.js";
import { make } from "./dom.js";
import { Failure, python } from "./python.js";

const KEY = "attnbook check yours";
const INVITATION = "Paste your Python here, or drop a .py or .ipynb file.";
const LARGEST = { py: 1e6, ipynb: 2e7 }; // bytes

export class Yours extends CheckField {
  constructor(element, { key = KEY, verb = "Check", limit = LIMIT } = {}) {
    super(key, "", "your file", verb, limit);
    this.file = "mine.py";
    this.editor.placeholder = INVITATION;
    this.picker = make("input", { type: "file", accept: ".py,.ipynb" });
    this.picker.hidden = true;
    this.picker.addEventListener("change", () => this.#takeFirst(this.picker));
    const choose = () => this.picker.click();
    const chooser = this.controls.button("Choose a file", choose);
    chooser.ariaLabel = "Choose a file";
    const clear = this.controls.button("Clear", () => this.reset());
    this.controls.bar.prepend(clear, chooser);
    this.#listen(element);
    const [editor, ...below] = this.parts;
    element.prepend(editor, ...below, this.picker);
    const examples = element.querySelectorAll("details.example");
    if (examples.length) this.controls.panel.before(this.#examples(examples));
  }

  // The text of a file; of a notebook, its code as the checker reads it.
  async take(file) {
    const [, kind] = file.name.match(/\.(py|ipynb)$/) ?? [];
    if (!kind) return this.#refuse(file, "is neither .py nor .ipynb");
    if (file.size > LARGEST[kind]) {
      return this.#refuse(file, "is too large for this page");
    }
    const text = await file.text();
    if (kind === "py") this.#fillFrom(file, text);
    else await this.#read(file, text);
  }

  reset() {
    this.file = "mine.py";
    super.reset();
  }

  checked() {
    const head = make("h2", { className: "only-heard" }, "The report");
    this.results.prepend(head);
  }

  #read(file, text) {
    return this.controls.attempt(async (options) => {
      const args = [text, file.name];
      try {
        const module = "inpage.checker";
        const read = await python.call(module, "source_of", args, options);
        this.#fillFrom(file, read);
      } catch (failure) {
        if (!(failure instanceof Failure)) throw failure;
        if (failure.kind !== "ValueError") throw failure;
        this.#refuse(file, `cannot be read: ${failure.message}`);
      }
    });
  }

  #fillFrom(file, text) {
    this.file = file.name;
    this.fill(text);
    this.controls.say(`This is ${file.name}. Now press ${this.controls.verb}.`);
  }

  #refuse(file, why) {
    this.controls.say(`${file.name} ${why}.`);
  }

  #takeFirst({ files }) {
    if (files.length) this.take(files[0]);
    this.picker.value = "";
  }

  #listen(element) {
    const over = (event, is) => {
      event.preventDefault();
      element.classList.toggle("is-over", is);
    };
    element.addEventListener("dragover", (event) => over(event, true));
    element.addEventListener("dragleave", (event) => over(event, false));
    element.addEventListener("drop", (event) => {
      const text = event.dataTransfer.getData("text/plain");
      over(event, false);
      if (event.dataTransfer.files.length) this.#takeFirst(event.dataTransfer);
      else if (text) this.fill(text);
    });
    this.editor.addEventListener("paste", (event) => this.#paste(event));
  }

  // A pasted file, or the text of a notebook, is taken as if it were dropped.
  #paste(event) {
    const { clipboardData } = event;
    const text = clipboardData.getData("text/plain");
    const isNotebook = /^\s*\{[^]*"cells"/.test(text);
    if (!clipboardData.files.length && !isNotebook) return;
    event.preventDefault();
    if (isNotebook) this.take(new File([text], "mine.ipynb"));
    else this.#takeFirst(clipboardData);
  }

  // What is folded without JavaScript is a button with it.
  #examples(folds) {
    const bar = make("div", { className: "check-examples" });
    bar.append(make("span", {}, "Or try one:"));
    for (const fold of folds) {
      const label = fold.querySelector("summary").textContent.trim();
      const text = fold.querySelector("pre").textContent.trimEnd();
      const button = make("button", { type: "button" }, label);
      button.addEventListener("click", () => {
        this.file = "mine.py";
        this.fill(text);
        this.controls.say("Now press Check.");
      });
      bar.append(button);
      fold.remove();
    }
    return bar;
  }
}
