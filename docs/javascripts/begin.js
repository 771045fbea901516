// The page is painted first. All other scripts are asked for once it can be
// seen, and run in the order in which it names them.
{
  const own = /** @type {HTMLScriptElement} */ (document.currentScript);
  const scripts = own.dataset.scripts.split(" ");
  const modules = own.dataset.modules.split(" ");

  const add = (tag, properties) =>
    document.body.append(
      Object.assign(document.createElement(tag), properties),
    );

  const begin = () => {
    const fetchPriority = "low";
    for (const src of scripts) add("script", { src, async: false });
    for (const href of modules) {
      add("link", { rel: "modulepreload", href, fetchPriority });
    }
    const [src] = modules;
    add("script", { type: "module", src, async: false, fetchPriority });
  };

  if (PerformanceObserver.supportedEntryTypes.includes("paint")) {
    new PerformanceObserver((list, observer) => {
      if (!list.getEntriesByName("first-contentful-paint").length) return;
      observer.disconnect();
      begin();
    }).observe({ type: "paint", buffered: true });
  } else begin();
}
