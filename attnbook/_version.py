"""What is installed, looked up only when it is asked for."""


def version() -> str:
    """The installed version, if it is installed."""
    from importlib import metadata  # noqa: PLC0415 - it takes 15 ms

    try:
        return metadata.version("attnbook")
    except metadata.PackageNotFoundError:
        return "(not installed)"


def site() -> str:
    """Where the pages are served, by the address in the package's metadata."""
    from importlib import metadata  # noqa: PLC0415

    try:
        urls = metadata.metadata("attnbook").get_all("Project-URL") or []
    except metadata.PackageNotFoundError:
        return ""
    named = dict(url.split(", ", 1) for url in urls)
    return str(named.get("Documentation", ""))
