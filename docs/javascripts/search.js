// The index of the search weighs more than a chapter: it is asked for when
// the reader is about to search. The theme would ask for it on every page.
{
  const { open, send } = XMLHttpRequest.prototype;
  const searching = new Promise((resolve) => {
    document.addEventListener("focusin", ({ target }) => {
      if (target.matches(".md-search__input")) resolve();
    });
  });
  XMLHttpRequest.prototype.open = function (method, url, ...rest) {
    this.isIndex = String(url).endsWith("/search_index.json");
    return open.call(this, method, url, ...rest);
  };
  XMLHttpRequest.prototype.send = function (...body) {
    if (this.isIndex) searching.then(() => send.apply(this, body));
    else send.apply(this, body);
  };
}
