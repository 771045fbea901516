// The blocks of a page as one session: what a block shows follows from the
// text of the blocks above it and its own, and from nothing else.
import { python } from "./python.js";

const CALL = "inpage.interpreter";

export class Session {
  #blocks = [];
  #ran = []; // the text of each block that Python has seen, from the first
  #life; // of the Python that has seen them
  #current;
  #last = Promise.resolve();

  add(block) {
    this.#blocks.push(block);
    this.noteChange();
  }

  // Where the reader has changed more than one block, each offers to reset all.
  noteChange() {
    const changed = this.#blocks.filter((it) => it.isChanged);
    for (const block of this.#blocks) {
      block.resetAll.hidden = !block.isChanged || changed.length === 1;
    }
  }

  resetAll() {
    for (const block of this.#blocks) if (block.isChanged) block.restore();
  }

  run(block) {
    const wanted = this.#blocks.slice(0, this.#blocks.indexOf(block) + 1);
    return block.controls.attempt(
      (options) => this.#inTurn(() => this.#run(wanted, options)),
      (text) => this.#current === block && block.stream(text),
    );
  }

  #inTurn(run) {
    const turn = this.#last.then(run);
    this.#last = turn.catch(() => {});
    return turn;
  }

  async #run(wanted, options) {
    const ran = this.#ran;
    this.#ran = []; // in case that it fails
    if (this.#life !== python.life || !continues(ran, wanted)) {
      ran.length = 0;
      this.#life = python.life;
      await python.call(CALL, "restart", [], options);
    }
    for (const block of wanted.slice(ran.length)) {
      const { text, name } = block;
      this.#current = block;
      try {
        block.show(await python.call(CALL, "run", [text, name], options));
      } catch (failure) {
        block.fail();
        throw Object.assign(failure, { where: name });
      }
      ran.push(text);
    }
    this.#ran = ran;
  }
}

// Whether what has run is the beginning of what is wanted, and not all of it.
function continues(ran, wanted) {
  const same = ran.every((text, i) => text === wanted[i]?.text);
  return same && ran.length > 0 && ran.length < wanted.length;
}
