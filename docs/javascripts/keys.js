// One key for the next cell that runs, C, and with Shift the one before. The
// theme has N and P for the next page and the one before.
const typing = "input, textarea, select, [contenteditable]";

document.addEventListener("keydown", (event) => {
  const { key, target, ctrlKey, altKey, metaKey } = event;
  if (key.toLowerCase() !== "c" || ctrlKey || altKey || metaKey) return;
  if (/** @type {Element} */ (target).closest?.(typing)) return;
  goOn(key === "c" ? 1 : -1);
});

function goOn(step) {
  const all = [...document.querySelectorAll(".live-go")].filter((it) =>
    it.checkVisibility(),
  );
  if (!all.length) return;
  const from = all.findIndex((it) => it === document.activeElement);
  const first = all.findIndex((it) => it.getBoundingClientRect().top > 60);
  const start = step > 0 ? Math.max(first, 0) : all.length - 1;
  const at = from < 0 ? start : from + step;
  const button = /** @type {HTMLElement} */ (
    all[(at + all.length) % all.length]
  );
  button.focus({ preventScroll: true });
  button.scrollIntoView({ block: "center" });
}
