// The numbers that follow a seed, as torch and the package draw them.
const WORDS = 624;
const LATER = 397; // the word that a renewed one is mixed with
const HIGH = 2 ** 31;

// MT19937 by Matsumoto and Nishimura, each word 32 bits.
export class Generator {
  #state = new Uint32Array(WORDS);
  #next = 0;

  constructor(seed) {
    const state = this.#state;
    state[0] = seed;
    for (let i = 1; i < WORDS; i++) {
      const before = state[i - 1];
      state[i] = Math.imul(1812433253, before ^ (before >>> 30)) + i;
    }
  }

  // The parameters of a linear layer: its weight (dIn, dOut), and its bias.
  linear(dIn, dOut, hasBias = false) {
    const b = Math.fround(1 / Math.sqrt(dIn));
    const draw = (count) =>
      Array.from({ length: count }, () => Math.fround(2 * b * this.#u24() - b));
    const stored = Array.from({ length: dOut }, () => draw(dIn));
    const weight = stored[0].map((_, i) => stored.map((row) => row[i]));
    return { weight, bias: hasBias ? draw(dOut) : [] };
  }

  // What dropout keeps: rows of true and false.
  dropoutKeep(rows, columns, p) {
    const row = () =>
      Array.from({ length: columns }, () => this.#u53() < 1 - p);
    return Array.from({ length: rows }, row);
  }

  #word() {
    const state = this.#state;
    const i = this.#next;
    this.#next = (i + 1) % WORDS;
    const joined = (state[i] & HIGH) | (state[this.#next] & (HIGH - 1));
    const twisted = (joined >>> 1) ^ (joined & 1 ? 0x9908b0df : 0);
    state[i] = state[(i + LATER) % WORDS] ^ twisted;
    return temper(state[i]);
  }

  // The low 24 bits of one word, from 0 up to 1.
  #u24() {
    return (this.#word() % 2 ** 24) / 2 ** 24;
  }

  // The low 53 bits of two words, the high one first.
  #u53() {
    const high = this.#word() % 2 ** 21;
    return (high * 2 ** 32 + this.#word()) / 2 ** 53;
  }
}

function temper(word) {
  word ^= word >>> 11;
  word ^= (word << 7) & 0x9d2c5680;
  word ^= (word << 15) & 0xefc60000;
  return (word ^ (word >>> 18)) >>> 0;
}
