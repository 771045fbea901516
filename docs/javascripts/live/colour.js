// Python in colours, as the pages print it: the classes are those of Pygments.

const words = (text) => new Set(text.split(" "));
const KEYWORDS = words(
  "as assert async await break case class continue def del elif else except" +
    " finally for global if lambda match nonlocal pass raise return try while" +
    " with yield",
);
const OPERATORS = words("and in is not or");
const IMPORTS = words("from import");
const CONSTANTS = words("False None True");
const BUILTINS = words(
  "abs all any bool dict divmod enumerate filter float format int isinstance" +
    " iter len list map max min next object pow print range repr reversed" +
    " round set sorted str sum super tuple type zip",
);

const TOKEN = new RegExp(
  [
    /(?<c1>#.*)/,
    /(?<s1>(?:\b[rbfu]{1,2})?(?:"""[^]*?(?:"""|$)|'''[^]*?(?:'''|$)))/,
    /(?<s2>(?:\b[rbfu]{1,2})?(?:"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?))/,
    /(?<mi>\b\d[\w.]*)/,
    /(?<nd>@[\w.]+)/,
    /(?<=\bdef +)(?<nf>\w+)/,
    /(?<=\bclass +)(?<nc>\w+)/,
    /(?<word>\b[a-z_]\w*)/,
    /(?<o>[-+*/%=<>!|&^~]+)/,
  ]
    .map((it) => it.source)
    .join("|"),
  "gi",
);

/** The parts of a Python text, each with its class, or with none. */
export function* coloured(text) {
  let end = 0;
  for (const found of text.matchAll(TOKEN)) {
    if (found.index > end) yield [text.slice(end, found.index), ""];
    end = found.index + found[0].length;
    yield [found[0], classOf(found.groups)];
  }
  if (end < text.length) yield [text.slice(end), ""];
}

function classOf({ word, ...kinds }) {
  if (!word) return Object.keys(kinds).find((it) => kinds[it]);
  if (KEYWORDS.has(word)) return "k";
  if (IMPORTS.has(word)) return "kn";
  if (OPERATORS.has(word)) return "ow";
  if (CONSTANTS.has(word)) return "kc";
  return BUILTINS.has(word) ? "nb" : "n";
}
