"""The browser checks find what they are for, also under the strict Content-Security-Policy that the site has."""

import pytest

from tests.browser import check_axe, check_reflow, no_console_errors

POLICY = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:"
PAGE = (
    '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>A page</title>'
    '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,"></head>'
    "<body><main><h1>A page</h1>{}</main></body></html>"
)


@pytest.fixture
def show(browse):
    """Shows this HTML as if a site with a strict policy had sent it, with the status given."""

    def shown(html, *, status=200, **options):
        page = browse(**options)
        page.route(
            "**/*",
            lambda route: route.fulfill(
                status=status,
                body=PAGE.format(html),
                headers={"Content-Security-Policy": POLICY},
                content_type="text/html",
            ),
        )
        page.goto("http://site.test/")
        return page

    return shown


def test_axe_runs_under_the_strict_policy_and_finds_an_image_without_words(show):
    check_axe(show("<p>Fine.</p>"))
    with pytest.raises(AssertionError, match="image-alt"):
        check_axe(show('<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">'))


def test_a_broken_policy_is_a_console_error_but_a_page_refused_on_purpose_is_not(show):
    no_console_errors(show("<p>No such page.</p>", status=404))
    with pytest.raises(AssertionError, match="Content Security Policy"):
        no_console_errors(show("<script>alert(1)</script>"))


def test_a_page_wider_than_a_small_phone_is_found(show):
    check_reflow(show("<p>Short words wrap.</p>", phone=True))
    with pytest.raises(AssertionError, match="px wide in a window of 320 px"):
        check_reflow(show("<p>" + "x" * 200 + "</p>", phone=True))
