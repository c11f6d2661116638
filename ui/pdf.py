"""Documents as PDF/UA-1 by WeasyPrint: tagged, with a language, a title and embedded fonts. Nothing is fetched from a network."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.template.loader import render_to_string


class NotServed(ValueError):
    """A document asked for something that is neither one of our static files nor in the document itself."""


def static_file(name: str) -> str:
    """The path of a static file on this machine: as collected in production, from its source otherwise."""
    path = finders.find(name) or (staticfiles_storage.path(name) if staticfiles_storage.exists(name) else None)
    if path is None:
        raise NotServed(f"There is no static file {name}. Run `npm run build`.")
    return str(path)


def render(template: str, context: Mapping[str, Any]) -> bytes:
    """A template as a tagged PDF. It should extend "ui/pdf.html" and fill blocks `title` and `content`.

    Raises `NotServed` where the document refers to anything but static files and data: addresses.
    """
    # Its fonts and Pango load with the first document, not with the site.
    from weasyprint import HTML
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

    class StaticFilesOnly(URLFetcher):
        def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
            if url.startswith("data:"):
                return super().fetch(url, headers)
            prefix = f"{BASE}{settings.STATIC_URL.lstrip('/')}"
            if not url.startswith(prefix):
                # WeasyPrint swallows every other error and leaves a hole in the page.
                raise FatalURLFetchingError(f"A document may not fetch {url}.")
            with open(static_file(url.removeprefix(prefix)), "rb") as file:
                return URLFetcherResponse(url, file.read())

    with open(static_file("build/pdf.css"), encoding="utf-8") as file:
        html = render_to_string(template, {**context, "pdf_css": file.read()})
    document = HTML(string=html, base_url=BASE, url_fetcher=StaticFilesOnly())
    try:
        return document.write_pdf(pdf_variant="pdf/ua-1", pdf_tags=True)
    except FatalURLFetchingError as error:
        raise NotServed(str(error)) from error


BASE = "http://static.invalid/"  # never asked: what addresses in a document are relative to
