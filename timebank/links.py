"""Links that people give for meeting online."""

from urllib.parse import urlsplit


def is_link(text: str) -> bool:
    """Whether a browser could open this as a page of the web."""
    try:
        parts = urlsplit(text)
    except ValueError:  # "https://[": it looks like an address of IPv6, and is none
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc)
