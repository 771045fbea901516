// Back, Play and Next for everything that moves: a number of moments, one of
// which is shown. After the last comes the first, so that Next never ends.
import { make } from "./live/dom.js";

const PACE = 900; // ms for one moment

export class Player {
  moment;
  #count;
  #show;
  #timer = 0;

  // `show` is called with a moment, and with whether it is the last; `count`
  // says how many there are. The last one is the still.
  constructor(bar, count, show) {
    this.#count = count;
    this.#show = show;
    this.bar = bar;
    this.moment = count() - 1;
    const button = (text, onclick) =>
      make("button", { type: "button", onclick }, text);
    const toggle = () => (this.#timer ? this.stop() : this.run());
    this.play = button("Play", toggle);
    bar.append(
      button("Back", () => this.go(this.moment - 1)),
      this.play,
      button("Next", () => this.go(this.moment + 1)),
    );
  }

  get isLast() {
    return this.moment === this.#count() - 1;
  }

  go(moment) {
    this.stop();
    const count = this.#count();
    this.moment = (moment + count) % count;
    this.draw();
  }

  draw() {
    this.#show(this.moment, this.isLast);
  }

  run() {
    this.moment = this.isLast ? 0 : this.moment;
    this.#timer = setInterval(() => this.#tick(), PACE);
    this.play.textContent = "Pause";
    this.draw();
  }

  stop() {
    clearInterval(this.#timer);
    this.#timer = 0;
    this.play.textContent = "Play";
  }

  // By itself, as soon as `part` is seen, unless motion is unwelcome.
  runWhenSeen(part) {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    const watch = new IntersectionObserver(([{ isIntersecting }]) => {
      if (!isIntersecting) return;
      watch.disconnect();
      if (this.isLast) this.run();
    });
    watch.observe(part);
  }

  #tick() {
    if (!this.bar.isConnected) return this.stop();
    this.moment += 1;
    if (this.isLast) this.stop();
    this.draw();
  }
}
