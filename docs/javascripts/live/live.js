// Makes the sessions of a page run, the exercises check, the numbers answer.
import "../asked.js";
import "../keys.js";
import "../palette.js";
import "../ticks.js";
import { Block } from "./block.js";
import { coverAnswers } from "./cover.js";
import { Yours } from "./check-yours.js";
import { make } from "./dom.js";
import { Exercise } from "./exercise.js";
import { python } from "./python.js";
import { Session } from "./session.js";
import { Training } from "./train-yours.js";

// What needs more than the page loads; the page itself says what to do.
function mark(element) {
  const name = make("span", { className: "live-name" }, "runs on your machine");
  element.append(make("div", { className: "live-bar" }, name));
}

document$.subscribe(() => {
  python.stop();
  const session = new Session();
  document
    .querySelectorAll(".language-pycon.live")
    .forEach((it, i) => session.add(new Block(it, i + 1, session)));
  document.querySelectorAll(".language-pycon.local").forEach(mark);
  coverAnswers();
  document.querySelectorAll(".exercise").forEach((it) => new Exercise(it));
  document.querySelectorAll(".check-here").forEach((it) => new Yours(it));
  document.querySelectorAll(".train-here").forEach((it) => new Training(it));
  if (document.querySelector(".play")) import("./play.js");
  if (document.querySelector(".recap")) {
    import("../recap.js");
    import("../carry.js");
  }
  const filters = document.querySelectorAll(".filter-here");
  if (filters.length) {
    import("../filter.js").then(({ Filter }) =>
      filters.forEach((it) => new Filter(it)),
    );
  }
  const queries = document.querySelectorAll(".one-query");
  if (queries.length) {
    import("../one-query.js").then(({ OneQuery }) =>
      queries.forEach((it) => new OneQuery(it)),
    );
  }
  const films = document.querySelectorAll(".film");
  if (films.length) {
    import("../film.js").then(({ Film }) =>
      films.forEach((it) => new Film(it)),
    );
  }
});
