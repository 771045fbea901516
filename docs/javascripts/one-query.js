// One query, step by step: plays what the build has drawn and written.
import { framesOf, showFrame } from "./frames.js";
import { make } from "./live/dom.js";
import { Player } from "./player.js";

export class OneQuery {
  #root;
  #frames;
  #said;
  #marks;
  #asks;
  #head = 0;
  #player;

  constructor(root) {
    this.#root = root;
    this.#said = JSON.parse(root.dataset.said);
    this.#asks = Number(root.dataset.asks);
    const parts = [root, ...root.querySelectorAll("*")];
    this.#frames = framesOf(root, parts);
    this.#marks = root.querySelectorAll("[data-at]");
    this.#addTokens();
    this.line = root.querySelector(".query-said");
    this.line.ariaLive = "polite";
    const count = () => this.#told.length;
    const show = (now, isLast) => this.#show(now, isLast);
    const bar = root.querySelector(".query-bar");
    this.#player = new Player(bar, count, show);
    this.#addHeads(bar);
    this.#player.draw();
    if ("plays" in root.dataset) {
      this.#player.runWhenSeen(root.querySelector(".query-cells"));
    }
  }

  #addTokens() {
    this.tokens = [...this.#root.querySelectorAll(".query-token")].map(
      (token, i) => {
        const { className, textContent } = token;
        const button = make("button", { className, type: "button" });
        button.append(textContent);
        button.addEventListener("click", () => this.ask(i));
        token.replaceWith(button);
        // the frames know the token that was here
        for (const frame of this.#frames) {
          if (frame[0] === token) frame[0] = button;
        }
        return button;
      },
    );
  }

  #addHeads(bar) {
    const count = Number(this.#root.dataset.heads);
    this.heads = Array.from({ length: count > 1 ? count : 0 }, (_, h) => {
      const onclick = () => this.ask(this.#asks, h);
      return make("button", { type: "button", onclick }, `Head ${h + 1}`);
    });
    if (!this.heads.length) return;
    bar.append(make("span", { className: "query-heads" }, ...this.heads));
  }

  // One after the other, all tokens of a head.
  get #place() {
    return this.#head * this.tokens.length + this.#asks;
  }

  get #told() {
    return this.#said[this.#place];
  }

  ask(i, head = this.#head) {
    this.#asks = i;
    this.#head = head;
    showFrame(this.#frames, this.#place);
    this.#player.go(this.#player.moment);
  }

  #show(now, isLast) {
    const n = this.tokens.length;
    for (const mark of this.#marks) {
      const at = Number(mark.dataset.at);
      mark.classList.toggle("later", at > now);
      mark.classList.toggle("now", at === now && !isLast);
    }
    const step = now === 0 ? 0 : now <= n ? 1 : now === n + 1 ? 2 : 3;
    for (const part of this.#root.querySelectorAll("[data-step]")) {
      const isMeant = part.dataset.step === String(step);
      const isSpace = !part.textContent.trim();
      part.classList.toggle("lit", isMeant && !isLast && !isSpace);
    }
    this.#root.classList.toggle("unweighed", now <= n);
    const heard = isLast || now === n + 1 ? -1 : now <= n ? now : now - n - 1;
    this.tokens.forEach((token, i) => {
      token.ariaPressed = String(i === this.#asks);
      token.classList.toggle("query-heard", i === heard - 1);
    });
    this.heads.forEach((it, h) => (it.ariaPressed = String(h === this.#head)));
    this.line.textContent = this.#told[now];
  }
}
