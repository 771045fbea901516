// Shows a report that came from the worker. The reader's code ran there, too,
// so only what a report is made of is let in: no address but of this site.
const TAGS = new Set(
  "DIV P STRONG SPAN H3 CODE SMALL TABLE TBODY TR TH TD DETAILS SUMMARY A".split(
    " ",
  ),
);

export function showReport(place, html, site) {
  const { body } = new DOMParser().parseFromString(html, "text/html");
  for (const part of body.querySelectorAll("*")) {
    if (TAGS.has(part.tagName)) strip(part, site);
    else part.remove();
  }
  place.replaceChildren(...body.childNodes);
}

function strip(part, site) {
  for (const { name, value } of [...part.attributes]) {
    const leads = name === "href" && value.startsWith(site);
    if (!leads && !["class", "scope"].includes(name)) {
      part.removeAttribute(name);
    }
  }
}
