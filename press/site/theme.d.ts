// What the theme gives to the scripts of the pages.

/** Emits when a page has come, be it without a reload. */
declare const document$: {
  subscribe(listener: (page: Document) => void): void;
};

/** The address of the site, below whatever base path it has. */
declare const __md_scope: string | URL;
