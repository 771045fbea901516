// A file to fill in, checked by the project's own checker in the page.
import { Controls } from "./controls.js";
import { make, makeEditor } from "./dom.js";
import { kept } from "./kept.js";
import { python } from "./python.js";

const FILE = "my.py";

export class Exercise {
  #start;
  #key;

  constructor(element) {
    const pre = element.querySelector(".language-python pre");
    this.#start = pre.textContent.trimEnd();
    const name = this.#start.match(/def (\w+)/)[1];
    this.#key = `attnbook exercise ${location.pathname} ${name}`;
    const text = kept.read(this.#key) ?? this.#start;
    this.editor = makeEditor(text, name, () => this.check());
    this.editor.addEventListener("input", () =>
      kept.write(this.#key, this.editor.value),
    );
    this.controls = new Controls(name, "Check", () => this.check());
    this.results = make("div", { className: "live-results" });
    this.results.ariaLive = "polite";
    const { bar, panel } = this.controls;
    bar.prepend(
      this.controls.button("Reset", () => this.reset()),
      this.controls.button("Download", () => this.download()),
    );
    pre.replaceWith(this.editor.box, this.results, bar, panel);
  }

  check() {
    return this.controls.attempt(async (options) => {
      const { value } = this.editor;
      const shown = [];
      try {
        const module = "inpage.checker";
        const report = await python.call(module, "check", [value], options);
        shown.push(make("pre", {}, report));
      } finally {
        this.results.replaceChildren(...shown);
      }
      this.controls.say("Checked.");
    });
  }

  reset() {
    this.editor.value = this.#start;
    this.editor.fit();
    this.results.replaceChildren();
    this.controls.say("");
    kept.remove(this.#key);
    this.editor.focus();
  }

  download() {
    const type = "text/x-python";
    const file = new Blob([`${this.editor.value}\n`], { type });
    const href = URL.createObjectURL(file);
    make("a", { href, download: FILE }).click();
    URL.revokeObjectURL(href);
  }
}
