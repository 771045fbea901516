"""Draws docs/assets/card.png, which stands for the site where it is shared.

`python -m press.site.card` draws it anew, with an installed Chromium. It shows
the weights of section 3.3, in the colours and the type of the pages.
"""

from base64 import b64encode
from xml.etree import ElementTree as ET

from attnbook.sentence import inputs, tokens
from attnbook.simple import self_attention
from press.book import DOCS
from press.figures.matrices import heat_map
from press.site.assets import FACES, Face, whole
from press.site.serve import chromium

SIZE = (1200, 630)
CARD = """
<style>
  {fonts} {palette} {shades} {figures}
  :root {{ --serif: "Source Serif 4"; --sans: "Instrument Sans";
          color-scheme: light; }}
  body {{ margin: 0; display: flex; align-items: center; height: 630px;
         background: var(--paper); color: var(--ink); }}
  header {{ width: 470px; padding: 0 30px 0 70px; }}
  h1 {{ margin: 0 0 24px; font: 600 68px/1.08 var(--serif); }}
  p {{ margin: 0; font: 400 29px/1.4 var(--sans); color: var(--ink-soft); }}
  b {{ color: var(--vermilion); font-weight: 600; }}
  .md-typeset .figure {{ width: 560px; max-width: none; margin: 0; }}
</style>
<body class="md-typeset">
  <header>
    <h1>Self-attention, by hand</h1>
    <p><b>attnbook</b> · on plain Python lists, every number computed</p>
  </header>
  <div class="figure">{picture}</div>
"""


def draw() -> bytes:
    """The card, as PNG."""
    weights = self_attention(inputs).attn_weights
    picture = heat_map(weights, tokens, tokens, digits=2, corner="")
    sheets = DOCS / "stylesheets"
    html = CARD.format(
        fonts="".join(map(_embedded, FACES)),
        palette=(sheets / "palette.css").read_text(encoding="utf-8"),
        shades=(sheets / "shades.css").read_text(encoding="utf-8"),
        figures=(sheets / "figures.css").read_text(encoding="utf-8"),
        picture=ET.tostring(picture, encoding="unicode"),
    )
    with chromium() as browser:
        page = browser.new_page(viewport={"width": SIZE[0], "height": SIZE[1]})
        page.set_content(html)
        page.evaluate("document.fonts.ready.then(() => null)")
        return page.screenshot()


def _embedded(face: Face) -> str:
    """A font of the pages, inside the page that is drawn."""
    data = b64encode(whole(face).read_bytes()).decode()
    return face.rule.replace(
        f"fonts/{face.file}", f"data:font/woff2;base64,{data}"
    )


if __name__ == "__main__":
    (DOCS / "assets" / "card.png").write_bytes(draw())
