// The output that answers a "Predict" is covered until the reader asks for it:
// that of the next session which prints something. A question whose class is
// `uncovered` as well covers nothing. Without JavaScript, and in print, nothing
// is covered.
import { kept } from "./kept.js";
import { make } from "./dom.js";

const ASKS = "details.question:not(.uncovered)";
const OUTPUT = "code > span[id]:not(:has(> .gp))";

/** Cover what answers the predictions of this page. */
export function coverAnswers() {
  const all = document.querySelectorAll(`${ASKS}, .language-pycon`);
  const parts = [...all].filter(
    (it) => it.matches(ASKS) || it.querySelector(OUTPUT),
  );
  parts.forEach((part, i) => {
    const asks = part.matches(ASKS) && /^Predict/.test(part.textContent.trim());
    const answer = parts[i + 1];
    if (asks && answer?.matches(".language-pycon")) cover(answer, i, part);
  });
}

function cover(session, number, question) {
  const key = `attnbook revealed ${location.pathname} ${number}`;
  const outputs = session.querySelectorAll(OUTPUT);
  if (kept.read(key)) return;
  const button = make("button", { type: "button" }, "Reveal");
  button.ariaLabel = "Reveal the output that answers the prediction";
  const reveal = () => {
    kept.write(key, "yes");
    question.dispatchEvent(new Event("answered", { bubbles: true }));
    outputs.forEach((it) => it.classList.remove("live-covered"));
    button.remove();
  };
  outputs.forEach((it) => it.classList.add("live-covered"));
  button.addEventListener("click", () => {
    reveal();
    const pre = session.querySelector("pre:has(code)");
    pre.tabIndex = -1;
    pre.focus();
  });
  session.addEventListener("ran", reveal, { once: true });
  session.querySelector(".live-bar").prepend(button);
}
