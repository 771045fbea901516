// What a film changes: parts of a drawing, and what each is in every picture,
// as press/figures/film.py has written it.

// [part, attribute, values, order]: the text where no attribute is named.
export const framesOf = (root, parts) =>
  JSON.parse(root.dataset.frames).map(([k, ...rest]) => [parts[k], ...rest]);

export function showFrame(frames, moment) {
  for (const [part, name, values, order] of frames) {
    const value = values[parseInt(order[moment], 36)];
    if (name && !value) part.removeAttribute(name);
    else if (name) part.setAttribute(name, value);
    else if (!part.childElementCount) part.textContent = value;
  }
}
