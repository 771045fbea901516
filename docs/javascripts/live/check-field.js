// A field of Python, its Check, and below them the report.
import { showReport } from "./check-report.js";
import { Shared } from "./check-shared.js";
import { Controls, LIMIT } from "./controls.js";
import { make, makeEditor } from "./dom.js";
import { kept } from "./kept.js";
import { python } from "./python.js";
import { written } from "./written.js";

export class CheckField {
  file = "mine.py"; // as the report calls it

  // `key` is of what the browser keeps; `name` tells fields apart.
  constructor(key, start, name, verb = "Check", limit = LIMIT) {
    this.key = key;
    this.start = start;
    this.editor = makeEditor(kept.read(key) ?? start, name, () => this.check());
    this.shared = new Shared(key, start, this.editor);
    this.controls = new Controls(name, verb, () => this.check(), limit);
    this.results = make("div", { className: "live-report", role: "region" });
    this.results.ariaLabel = `Report on ${name}`;
    const { bar, panel } = this.controls;
    this.parts = [this.editor.box, bar, this.shared.note, panel, this.results];
  }

  check() {
    return this.controls.attempt(async (options) => {
      const { href } = new URL(__md_scope);
      const earlier = written(this.key);
      const args = [this.editor.value, this.file, href, earlier];
      this.results.replaceChildren();
      const module = "inpage.checker";
      const answer = await python.call(module, "check", args, options);
      showReport(this.results, answer.html, href);
      this.controls.say(`Checked: ${answer.said}.`);
      this.checked(answer);
    });
  }

  // What else a check changes.
  checked(_answer) {}

  fill(text) {
    this.editor.value = text;
    this.editor.fit();
    this.results.replaceChildren();
    this.controls.say("");
    this.shared.write();
  }

  reset() {
    this.fill(this.start);
    kept.remove(this.key);
    this.editor.focus();
  }
}
