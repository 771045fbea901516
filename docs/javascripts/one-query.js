// One query, step by step: plays what the build has drawn and written.
import { make } from "./live/dom.js";

const PACE = 900; // ms for one moment

export class OneQuery {
  #root;
  #frames;
  #said;
  #marks;
  #asks;
  #moment;
  #timer = 0;

  constructor(root) {
    this.#root = root;
    this.#frames = JSON.parse(root.dataset.frames);
    this.#said = JSON.parse(root.dataset.said);
    this.#asks = Number(root.dataset.asks);
    this.#moment = this.#last;
    const parts = [root, ...root.querySelectorAll("*")];
    this.#frames = this.#frames.map(([k, ...rest]) => [parts[k], ...rest]);
    this.#marks = root.querySelectorAll("[data-at]");
    this.#addTokens();
    this.#addButtons();
    this.line = root.querySelector(".query-said");
    this.line.ariaLive = "polite";
    this.#show();
    if ("plays" in root.dataset && !still()) this.#playWhenSeen();
  }

  get #last() {
    return this.#said[this.#asks].length - 1;
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

  #addButtons() {
    const button = (text, onclick) =>
      make("button", { type: "button", onclick }, text);
    this.back = button("Back", () => this.go(this.#moment - 1));
    this.play = button("Play", () => (this.#timer ? this.stop() : this.run()));
    this.next = button("Next", () => this.go(this.#moment + 1));
    const bar = this.#root.querySelector(".query-bar");
    bar.append(this.back, this.play, this.next);
  }

  ask(i) {
    this.stop();
    this.#asks = i;
    for (const [part, name, values] of this.#frames) {
      if (name) part.setAttribute(name, values[i]);
      else if (!part.childElementCount) part.textContent = values[i];
    }
    this.#show();
  }

  // After the last moment comes the first, so that Next never ends.
  go(moment) {
    this.stop();
    const count = this.#last + 1;
    this.#moment = (moment + count) % count;
    this.#show();
  }

  run() {
    if (this.#moment === this.#last) this.#moment = 0;
    this.#timer = setInterval(() => this.#tick(), PACE);
    this.#show();
  }

  stop() {
    clearInterval(this.#timer);
    this.#timer = 0;
    this.play.textContent = "Play";
  }

  #tick() {
    if (!this.#root.isConnected) return this.stop();
    this.#moment += 1;
    if (this.#moment === this.#last) this.stop();
    this.#show();
  }

  #playWhenSeen() {
    const watch = new IntersectionObserver(([{ isIntersecting }]) => {
      if (!isIntersecting) return;
      watch.disconnect();
      if (this.#moment === this.#last) this.run();
    });
    watch.observe(this.#root.querySelector(".query-cells"));
  }

  #show() {
    const [now, n] = [this.#moment, this.tokens.length];
    for (const mark of this.#marks) {
      const at = Number(mark.dataset.at);
      mark.classList.toggle("later", at > now);
      mark.classList.toggle("now", at === now && now !== this.#last);
    }
    const step = now === 0 ? 0 : now <= n ? 1 : now === n + 1 ? 2 : 3;
    for (const part of this.#root.querySelectorAll("[data-step]")) {
      const isLit = now !== this.#last && part.dataset.step === String(step);
      part.classList.toggle("lit", isLit);
    }
    this.#root.classList.toggle("unweighed", now <= n);
    this.tokens.forEach((token, i) => {
      token.ariaPressed = String(i === this.#asks);
      token.classList.toggle("query-heard", i === this.#heard(now, n));
    });
    if (this.#timer) this.play.textContent = "Pause";
    this.line.textContent = this.#said[this.#asks][now];
  }

  // The token whose turn it is, if it is one's.
  #heard(now, n) {
    if (now === this.#last || now === n + 1) return -1;
    return now <= n ? now - 1 : now - n - 2;
  }
}

function still() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
