"""Reading the desk's pages in tests."""

import html
import re

from django.urls import reverse


def at(name, *args):
    """The address of a page of the time bank."""
    return reverse(f"timebank:{name}", args=args)


def text_of(response):
    """What a page says, without its markup."""
    body = re.sub(r"<(script|style|svg).*?</\1>", " ", response.content.decode(), flags=re.S)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", body)))
