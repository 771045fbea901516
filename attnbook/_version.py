"""The version, and where the installed book is served."""

__version__ = "0.1.0"


def site() -> str:
    """Where the pages are served, by the address in the package's metadata."""
    from importlib import metadata  # noqa: PLC0415 - it takes 15 ms

    try:
        urls = metadata.metadata("attnbook").get_all("Project-URL") or []
    except metadata.PackageNotFoundError:
        return ""
    named = dict(url.split(", ", 1) for url in urls)
    return str(named.get("Documentation", ""))
