// The fields of the page Play with it: each knows what it may hold, and what
// is wrong stands beside it.
import { make } from "./dom.js";
import { faultOf } from "./play-state.js";

export class Fields {
  #root;
  #onEdit;
  #faults = new Map(); // what is wrong, as a sentence, by the id of the field
  #judges = new Map(); // by the field

  // `onEdit` is called after the reader has changed what a field holds.
  constructor(root, onEdit) {
    this.#root = root;
    this.#onEdit = onEdit;
  }

  // The first thing that is wrong, or nothing.
  get fault() {
    const [first] = this.#faults.values();
    return first;
  }

  clear() {
    this.#faults.clear();
    this.#judges.clear();
  }

  // `set` is given each text; `fault` says what is wrong with it.
  make(id, label, value, { set, fault = faultOf, isOptional = false }) {
    const field = make("input", {
      id: `play-${id}`,
      type: "text",
      value,
      ariaLabel: label,
      maxLength: 20,
      spellcheck: false,
      autocomplete: "off",
    });
    const judge = () => {
      const isLeft = isOptional && !field.value;
      this.#say(field, label, isLeft ? "" : fault(field.value));
    };
    this.#judges.set(field, judge);
    field.onkeydown = (event) => {
      const way = { ArrowUp: 1, ArrowDown: -1 }[event.key];
      if (!way || fault !== faultOf || fault(field.value)) return;
      event.preventDefault();
      field.value = nudged(field.value, way);
      field.dispatchEvent(new Event("input", { bubbles: true }));
    };
    field.oninput = () => {
      set(field.value);
      judge();
      this.#onEdit();
    };
    return field;
  }

  // What was wrong before the fields were made anew is still wrong.
  judgeAll() {
    this.#judges.forEach((judge, field) => field.isConnected && judge());
  }

  // Leave a field empty, as one that another choice has made needless.
  empty(field, placeholder) {
    Object.assign(field, { value: "", placeholder });
    this.#say(field, field.ariaLabel, "");
  }

  #say(field, label, fault) {
    const id = `${field.id}-fault`;
    this.#root.querySelector(`#${id}`)?.remove();
    field.ariaInvalid = fault ? "true" : null;
    field.removeAttribute("aria-describedby");
    this.#faults.delete(field.id);
    if (!fault) return;
    const textContent = `${label} ${fault}.`;
    this.#faults.set(field.id, textContent);
    field.setAttribute("aria-describedby", id);
    const message = make("span", { id, className: "play-fault", textContent });
    field.closest(".play-scroll, .play-size").append(message);
  }
}

// A tenth more or less, with as many digits as that takes.
function nudged(text, way) {
  const value = Number(text.trim().replace("−", "-")) + way / 10;
  return String(Number(value.toFixed(4)));
}
