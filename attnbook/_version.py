"""The version that is installed, looked up only when it is asked for."""


def version() -> str:
    """The installed version, if it is installed."""
    from importlib import metadata  # noqa: PLC0415 - it takes 15 ms

    try:
        return metadata.version("attnbook")
    except metadata.PackageNotFoundError:
        return "(not installed)"
