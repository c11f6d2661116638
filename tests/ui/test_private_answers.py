"""Nobody finds somebody else's page in a cache, or with Back; what strangers read may be kept."""

import pytest
from django.conf import settings
from django.test import Client

from tests.matrix import make_client
from tests.people.factories import make_staff, make_user

KEPT_BY_NOBODY = "no-store, private"


def test_every_answer_to_somebody_who_is_signed_in_is_kept_by_no_cache(db):
    client = make_client(make_user())
    for path, status in [
        ("/home/", 200), ("/account/", 200), ("/privacy/", 200), ("/sign-in/", 302), ("/nowhere/", 404), ("/staff/people/", 403),
        ("/account/my-data/", 200),
    ]:  # fmt: skip
        answer = client.get(path)
        assert (answer.status_code, answer["Cache-Control"]) == (status, KEPT_BY_NOBODY), path
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    refused = strict.post("/aboard/name/", {"name": "x"})
    assert (refused.status_code, refused["Cache-Control"]) == (403, KEPT_BY_NOBODY)
    out = client.post("/sign-out/")
    assert (out.status_code, out["Cache-Control"]) == (302, KEPT_BY_NOBODY)


def test_an_error_of_ours_is_kept_by_no_cache_and_asks_nothing_of_the_database(db, monkeypatch):
    client = make_client(make_user())
    monkeypatch.setattr("ui.views.registries.home_cards", None)

    answer = client.get("/home/")

    assert (answer.status_code, answer["Cache-Control"]) == (500, KEPT_BY_NOBODY)


def test_public_pages_may_be_kept_for_those_who_are_not_signed_in(db):
    for path in ("/privacy/", "/accessibility/", "/nowhere/"):
        assert "no-store" not in Client().get(path).get("Cache-Control", ""), path


def test_a_page_can_use_no_camera_and_stands_in_no_page_of_others(db):
    answer = Client().get("/privacy/")
    assert "camera=()" in answer["Permissions-Policy"] and "geolocation=()" in answer["Permissions-Policy"]
    assert answer["Cross-Origin-Resource-Policy"] == answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert (answer["X-Content-Type-Options"], answer["X-Frame-Options"]) == ("nosniff", "DENY")


@pytest.mark.parametrize("page_of_theirs", ["/account/", "/staff/people/"])
def test_back_after_signing_out_shows_nothing_of_what_was_there(page, live, page_of_theirs):
    user = make_staff("administrator", name="Ama Mensah-Ofori", email="ama.ofori@example.org")
    cookie = make_client(user).cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live}])
    page.goto(page_of_theirs)
    assert "Ofori" in page.content() or "ofori" in page.content()
    page.goto("/account/")
    page.get_by_role("button", name="Sign out").first.click()
    page.wait_for_url("**/")

    for _ in range(2):
        page.go_back()
        assert "ofori" not in page.content().lower()
