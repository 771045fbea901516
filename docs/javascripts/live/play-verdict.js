// Python's verdict on what the page has computed. Nothing of Python is loaded
// before the reader asks for it; from then on it confirms every state.
import { Failure, python } from "./python.js";

const TOLERANCE = 1e-12; // of the greatest number of a step
const MODULE = "inpage.steps";
const FAILED = {
  stopped: "Python was stopped.",
  time: "Python took too long, and was stopped.",
  crashed: "Python crashed.",
  broken: "Python could not be loaded: a download failed.",
};

export class Verdict {
  isWanted = false;
  #bar;
  #waits; // the state that is to be confirmed next
  #meant; // the state of which an answer is still to be said
  #isBusy = false;

  constructor(bar) {
    this.#bar = bar;
  }

  // While Python is busy, states wait, and only the last one is confirmed.
  async ask(data, numbers) {
    this.isWanted = true;
    this.#waits = { data, numbers };
    if (this.#isBusy) return;
    this.#isBusy = true;
    this.#bar.confirm.hidden = true;
    try {
      while (this.#waits) await this.#askOnce();
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure;
      this.#failed(failure);
    } finally {
      this.#isBusy = false;
    }
  }

  // What was asked is no longer what the fields say.
  forget() {
    this.#waits = this.#meant = undefined;
    this.#bar.progress.hidden = true;
  }

  async #askOnce() {
    const meant = (this.#meant = this.#waits);
    const { data, numbers } = meant;
    this.#waits = undefined;
    const found = await python.call(MODULE, "confirmed", [data], {
      onProgress: (part) => this.#meant === meant && this.#bar.loading(part),
      onStart: () => (this.#bar.progress.hidden = true),
    });
    if (this.#waits || this.#meant !== meant) return;
    const pairs = [...pairsOf(numbers, found)];
    const wrong = pairs.filter(([, ...pair]) => !agree(...pair));
    const names = [...new Set(wrong.map(([name]) => name))].join(", ");
    if (wrong.length) {
      this.#bar.say(`Python does not agree: look at ${names}.`, true);
    } else {
      const count = pairs.length;
      this.#bar.say(`Computed here, confirmed by Python: ${count} numbers.`);
    }
  }

  #failed({ kind, message }) {
    this.#waits = undefined;
    this.isWanted = false;
    this.#bar.progress.hidden = true;
    this.#bar.confirm.hidden = false;
    this.#bar.say(FAILED[kind] ?? message, true);
  }
}

// Every number beside Python's: the name of its step, both, and the greatest.
function* pairsOf(ours, theirs) {
  for (const group of ["parameters", "steps"]) {
    for (const [name, matrix] of Object.entries(theirs[group])) {
      const finite = matrix.flat().map(Math.abs).filter(Number.isFinite);
      const most = Math.max(1, ...finite);
      for (const [i, row] of matrix.entries()) {
        for (const [j, number] of row.entries()) {
          yield [name, ours[group][name]?.[i]?.[j], number, most];
        }
      }
    }
  }
}

const agree = (one, other, most) =>
  one === other || Math.abs(one - other) <= TOLERANCE * most;
