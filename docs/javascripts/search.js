// The index of the search weighs more than a chapter: it is asked for when
// the reader is about to search. The theme would ask for it on every page.
{
  const { open, send } = XMLHttpRequest.prototype;
  const searching = new Promise((resolve) => {
    document.addEventListener("focusin", ({ target }) => {
      const part = /** @type {Element} */ (target);
      if (part.matches(".md-search__input")) resolve(undefined);
    });
  });
  const forIndex = new WeakSet();
  XMLHttpRequest.prototype.open = function (method, url, ...rest) {
    if (String(url).endsWith("/search_index.json")) forIndex.add(this);
    // @ts-expect-error: its types forget that all after url may be left out
    return open.call(this, method, url, ...rest);
  };
  XMLHttpRequest.prototype.send = function (...body) {
    if (forIndex.has(this)) searching.then(() => send.apply(this, body));
    else send.apply(this, body);
  };
}
