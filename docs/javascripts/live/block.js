// A session block: as the page prints it, or edited, and as it ran.
import { Shared } from "./check-shared.js";
import { Controls } from "./controls.js";
import { make, makeEditor } from "./dom.js";
import { kept } from "./kept.js";

const PLACE = /File "(block \d+)", line (\d+)/g;

// What pages print: each example with its place, source and output.
export function readExamples(element) {
  const examples = [];
  let line = 1;
  for (const span of element.querySelectorAll("code > span[id]")) {
    const prompt = span.querySelector(":scope > .gp");
    if (!prompt) {
      examples.at(-1).output += span.textContent;
      examples.at(-1).shown.push(span);
      continue;
    }
    const source = span.textContent.replace(/^(>>>|\.\.\.) ?/, "");
    if (prompt.textContent.startsWith(">>>")) {
      examples.push({ line, source: "", output: "", shown: [] });
    }
    examples.at(-1).source += source;
    examples.at(-1).last = span;
    line += 1;
  }
  return examples;
}

export class Block {
  #session;
  #key; // of what the browser keeps

  constructor(element, number, session) {
    this.#session = session;
    this.#key = `attnbook block ${location.pathname} ${number}`;
    this.name = `block ${number}`;
    this.element = element;
    this.pre = element.querySelector("pre");
    this.printed = readExamples(element);
    this.code = this.printed.map((it) => it.source).join("");
    this.controls = new Controls(this.name, "Run", () => session.run(this));
    this.edit = this.controls.button("Edit", () => this.#edit());
    this.reset = this.controls.button("Reset", () => this.restore());
    this.reset.hidden = true;
    const all = () => session.resetAll();
    this.resetAll = this.controls.button("Reset all", all);
    this.resetAll.hidden = true;
    this.label = make("span", { className: "live-name" }, this.name);
    this.label.hidden = true;
    this.mark = make("span", { className: "live-name" }, "changed by you");
    this.mark.hidden = true;
    this.results = make("div", { className: "live-results" });
    this.results.ariaLive = "polite";
    const { bar, panel } = this.controls;
    bar.prepend(this.label, this.mark, this.resetAll, this.reset, this.edit);
    element.append(this.results, bar, panel);
    this.#resume();
  }

  get isChanged() {
    return !this.mark.hidden;
  }

  get text() {
    return this.editor ? this.editor.value : this.code;
  }

  // Text that comes while the block runs.
  stream(text) {
    if (!this.running) {
      this.clear();
      this.running = this.results.appendChild(make("pre"));
    }
    this.running.append(text);
  }

  // It did not end by itself; what it printed till then stays.
  fail() {
    if (!this.running) this.clear();
    this.running = undefined;
    this.reset.hidden = false;
  }

  clear() {
    this.element.dispatchEvent(new Event("ran"));
    this.running = undefined;
    this.results.replaceChildren();
    for (const added of this.element.querySelectorAll("code .live-now")) {
      added.remove();
    }
    for (const was of this.element.querySelectorAll("code .live-was")) {
      was.replaceWith(...was.querySelectorAll("span[id]"));
    }
  }

  show(ran) {
    this.clear();
    const pairs = this.editor
      ? this.#pairsByOrder(ran)
      : this.#pairsByLine(ran);
    const differing = pairs.filter(differs);
    if (this.editor) this.#showBelow(pairs);
    else differing.forEach(showInPlace);
    this.label.hidden = false;
    this.reset.hidden = !this.editor && !differing.length;
    this.controls.say(verdict(pairs, differing.length, this.name));
  }

  restore() {
    this.clear();
    this.editor?.box.remove();
    this.shared?.note.remove();
    this.editor = this.shared = undefined;
    kept.remove(this.#key);
    this.pre.hidden = false;
    this.edit.hidden = false;
    this.reset.hidden = true;
    this.controls.say("");
    this.#note();
    this.controls.go.focus();
  }

  // What the reader made of this code before is there again.
  #resume() {
    const text = this.#unpack(kept.read(this.#key) ?? "{}");
    if (text) this.#open(text);
  }

  // Another tab may have kept a text since this page was opened.
  #edit() {
    this.clear();
    this.controls.say("");
    this.#resume();
    if (!this.editor) this.#open(this.code.trimEnd());
    this.editor.focus({ preventScroll: true });
  }

  #open(text) {
    this.editor = makeEditor(text, this.name, () => {
      this.#session.run(this);
    });
    this.shared = new Shared(this.#key, this.code.trimEnd(), this.editor, {
      pack: (it) => this.#pack(it),
      unpack: (it) => this.#unpack(it),
    });
    this.editor.addEventListener("input", () => this.#note());
    this.pre.before(this.editor.box, this.shared.note);
    this.pre.hidden = true;
    this.edit.hidden = true;
    this.reset.hidden = false;
    this.#note();
  }

  // Another code on the page makes a text that was kept for this one useless.
  #pack(text) {
    const { code } = this;
    const same = text.trimEnd() === code.trimEnd();
    return same ? null : JSON.stringify({ code, text });
  }

  #unpack(held) {
    const { code, text } = JSON.parse(held);
    return code === this.code ? text : undefined;
  }

  #note() {
    this.mark.hidden = this.text.trimEnd() === this.code.trimEnd();
    this.#session.noteChange();
  }

  // The code is the page's, so an example is where it was.
  #pairsByLine(ran) {
    return this.printed.map((was, i) => {
      const end = this.printed[i + 1]?.line ?? Infinity;
      const parts = ran.filter((it) => it.line >= was.line && it.line < end);
      return { was, now: join(parts) };
    });
  }

  // The code is the reader's: the same source is the same example; the other
  // outputs are compared with the other printed ones, in order, unless
  // something failed.
  #pairsByOrder(ran) {
    const left = [...this.printed];
    const take = (test) => left.splice(left.findIndex(test), 1)[0];
    const pairs = ran.map((part) => {
      return { now: join([part]), source: part.source };
    });
    const same =
      ({ source }) =>
      (it) =>
        it.source.trim() === source.trim();
    for (const pair of pairs) {
      if (left.some(same(pair))) pair.was = take(same(pair));
    }
    if (ran.some((it) => it.error)) return pairs;
    const prints = (it) => it.output;
    for (const pair of pairs) {
      const open = !pair.was && pair.now.brief;
      if (open && left.some(prints)) pair.was = take(prints);
    }
    return pairs;
  }

  #showBelow(pairs) {
    for (const pair of pairs) {
      const different = differs(pair);
      if (!pair.now.output && !pair.now.error && !different) continue;
      if (pairs.length > 1) {
        const [line] = pair.source.split("\n");
        this.results.append(make("pre", { className: "live-source" }, line));
      }
      const shown = different ? both(pair) : [box("now", "div", pair.now)];
      this.results.append(...shown);
    }
  }
}

// What one or more statements printed, and that in the form of a page.
function join(parts) {
  const text = (key) => parts.map(key).join("");
  const output = text((it) => it.output);
  const error = text((it) => it.error);
  return { output, error, brief: text((it) => it.brief || it.output) };
}

function differs({ now, was }) {
  return was !== undefined && was.output !== now.brief;
}

// Within the code of a page only spans may stand.
function showInPlace(pair) {
  const [now, was] = both(pair, "span");
  pair.was.last.after(now, was);
  if (pair.was.shown.length) was.lastChild.replaceWith(...pair.was.shown);
}

function both({ now, was }, tag = "div") {
  return [box("now", tag, now, "Your run"), box("was", tag, was, "As printed")];
}

function box(kind, tag, { output, error = "" }, head) {
  const whole = make(tag, { className: `live-${kind}` });
  if (head) whole.append(make("span", { className: "live-head" }, head));
  const text = output || error ? output : "(nothing)\n";
  const wrong = make("span", { className: "live-error" }, error);
  whole.append(make(tag === "div" ? "pre" : "span", {}, text, wrong));
  return whole;
}

function verdict(pairs, differing, name) {
  const failed = pairs.filter((it) => it.now.error && (!it.was || differs(it)));
  if (failed.length) return told(failed.at(-1).now.error, name);
  if (differing === 1) return "Ran. One output differs from the page.";
  if (differing) return `Ran. ${differing} outputs differ from the page.`;
  const silent = pairs.every(({ now }) => !now.output && !now.error);
  if (silent) return "Ran. It prints nothing.";
  const printed = pairs.every(({ was }) => was);
  return printed ? "Ran. The output is as printed." : "Ran.";
}

// What went wrong, in a sentence; the report itself stands below the code.
function told(error, name) {
  if (error.startsWith("Stopped: ")) return "Stopped: too much output.";
  const last = error.slice(Math.max(0, error.lastIndexOf("Traceback (")));
  const named = (line) => /^\w/.test(line) && !line.startsWith("Traceback");
  const [kind] = (last.split("\n").find(named) ?? "Exception").split(":");
  const [, where, line] = [...last.matchAll(PLACE)].at(-1) ?? [];
  const place = where === name ? "" : ` of ${where}`;
  const raised = line
    ? `Line ${line}${place} raised ${kind}`
    : `It was ${kind}`;
  const [, module] = last.match(/No module named '([^']+)'/) ?? [];
  return `Ran. ${raised}.${module ? lacks(module) : ""}`;
}

const lacks = (module) =>
  ` This page has no ${module}: it comes with the standard library and` +
  " attnbook, and loads nothing else.";
