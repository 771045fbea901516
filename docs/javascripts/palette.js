// The first click on the palette changes what is seen: from the system's
// palette it leads to the other one, whichever that is.
const dark = matchMedia("(prefers-color-scheme: dark)");
const NAMES = ["the system's palette", "the light palette", "the dark palette"];

// Where each palette leads: system's, light, dark; told by place.
function order() {
  return dark.matches ? [1, 2, 0] : [2, 0, 1];
}

function lead() {
  const form = document.querySelector("[data-md-component=palette]");
  const inputs = form.querySelectorAll("input");
  const labels = form.querySelectorAll("label");
  order().forEach((to, i) => {
    const name = `Use ${NAMES[to]}`;
    labels[i].htmlFor = inputs[to].id;
    labels[i].title = inputs[i].ariaLabel = name;
  });
}

lead();
dark.addEventListener("change", lead);
