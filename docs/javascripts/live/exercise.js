// A file to fill in, checked by the project's own checker in the page.
import { CheckField } from "./check-field.js";
import { make, save } from "./dom.js";
import { kept } from "./kept.js";

export class Exercise extends CheckField {
  #solved;

  constructor(element) {
    const pre = element.querySelector(".language-python pre");
    const start = pre.textContent.trimEnd();
    const name = start.match(/def (\w+)/)[1];
    const place = `${location.pathname} ${name}`;
    super(`attnbook exercise ${place}`, start, name);
    this.#solved = `attnbook solved ${place}`;
    this.tick = make("span", { className: "live-solved" }, "✓ solved");
    this.tick.hidden = !kept.read(this.#solved);
    this.controls.bar.prepend(
      this.tick,
      this.controls.button("Reset", () => this.reset()),
      this.controls.button("Download", () => this.download()),
    );
    pre.replaceWith(...this.parts);
  }

  // What was solved once stays so, whatever is tried afterwards.
  checked({ agrees }) {
    if (!agrees) return;
    this.tick.hidden = false;
    kept.write(this.#solved, "1");
  }

  download() {
    save(this.file, `${this.editor.value}\n`);
  }
}
