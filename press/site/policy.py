"""What a page may do, stated in its Content-Security-Policy.

Everything comes from the site itself. The inline scripts are the theme's;
their hashes are computed from the pages as they are built. All pages state
the same policy, since instant navigation keeps the first one.
"""

import re
from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256

PLACE = "content-security-policy"  # what overrides/main.html holds free
INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)

POLICY = """\
default-src 'none'; script-src 'self' 'wasm-unsafe-eval' {inline}; \
worker-src 'self' blob:; connect-src 'self'; style-src 'self'; \
font-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'"""


def policy(pages: Iterable[str]) -> str:
    """The policy under which these pages work, and no more than that."""
    scripts = {script for html in pages for script in INLINE.findall(html)}
    return POLICY.format(inline=" ".join(sorted(map(_hash, scripts))))


def policy_while_serving() -> str:
    """The same for `mkdocs serve`, which reloads pages by a script of its own.

    That script is another one each time, so it has no hash to allow.
    """
    return POLICY.format(inline="'unsafe-inline'")


def _hash(script: str) -> str:
    """How a policy names an inline script.

    Examples:
        The digest of no script at all is a known one:

        >>> _hash("")
        "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
    """
    digest = sha256(script.encode()).digest()
    return f"'sha256-{b64encode(digest).decode()}'"
