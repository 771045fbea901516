// The field that trains a model by what the reader has written, and nothing
// else: all exercises in one file, or a file of one's own.
import { showReport } from "./check-report.js";
import { Yours } from "./check-yours.js";
import { make, save } from "./dom.js";
import { Losses } from "./losses.js";
import { python } from "./python.js";
import { written } from "./written.js";

const KEY = "attnbook train yours";
const LIMIT = 300; // seconds: a run is longer than a check
const [STEPS, MOST] = [200, 1000];

export class Training extends Yours {
  constructor(element) {
    super(element, { key: KEY, verb: "Train", limit: LIMIT });
    this.editor.placeholder =
      "Gather what you wrote on the pages, or drop your mine.py here.";
    this.steps = make("input", { type: "number", value: STEPS, min: 1 });
    this.steps.max = String(MOST);
    const label = make("label", { className: "live-name" }, "Steps ");
    label.append(this.steps);
    const gather = () =>
      this.controls.attempt((options) => this.#gather(options));
    const gatherer = this.controls.button("Gather my exercises", gather);
    gatherer.ariaLabel = "Gather my exercises";
    const download = () => save(this.file, `${this.editor.value}\n`);
    this.controls.bar.prepend(
      label,
      gatherer,
      this.controls.button("Download", download),
    );
  }

  check() {
    return this.controls.attempt(
      (options) => this.#train(options),
      (line) => this.losses.add(line),
    );
  }

  async #gather(options) {
    const pieces = written();
    const { text, functions, unread } = await python.call(
      "inpage.gather",
      "gathered",
      [pieces],
      options,
    );
    this.file = "mine.py";
    this.fill(text);
    const left = unread.length
      ? ` Left out, since it is no Python: ${unread.join(", ")}.`
      : "";
    const none = "Nothing is kept yet: this browser has seen no exercise.";
    const many = `${functions.length} functions of yours. Now press Train.`;
    this.controls.say(pieces.length ? many + left : none);
  }

  async #train(options) {
    if (!this.editor.value.trim()) await this.#gather(options);
    const { href } = new URL(__md_scope);
    const steps = Math.round(this.steps.valueAsNumber || STEPS);
    this.steps.value = String(Math.min(Math.max(steps, 1), MOST));
    this.losses = new Losses(this.steps.valueAsNumber);
    this.results.replaceChildren(this.losses.box);
    const args = [this.editor.value, this.file, href, this.losses.steps];
    const { html, said, told, receipt } = await python
      .call("inpage.training", "train", args, options)
      .catch((failure) => {
        if (failure.kind === "ValueError") this.results.replaceChildren();
        throw failure;
      });
    if (html) showReport(this.results, html, href);
    else this.#show(told, receipt);
    this.controls.say(said);
  }

  #show(told, receipt) {
    const text = "Download the receipt";
    const button = make("button", { type: "button", textContent: text });
    button.addEventListener("click", () => save("receipt.md", receipt));
    const bar = make("div", { className: "check-examples" }, button);
    this.results.append(make("pre", {}, make("code", {}, told)), bar);
  }
}
