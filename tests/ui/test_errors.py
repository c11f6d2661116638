"""Domain errors and Django's own become the same plain pages; without a database where there is none."""

import json
import re

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import resolve
from django_htmx.middleware import HtmxMiddleware

from tests.signing_in import sign_in
from tests.ui.html import normalised
from ui import errors, views
from ui.middleware import DomainErrorMiddleware


def request(**headers):
    made = RequestFactory().get("/x", headers=headers)
    made.user = AnonymousUser()
    HtmxMiddleware(lambda request: HttpResponse())(made)
    return made


def words(response):
    return " ".join(token for token in normalised(response.content.decode()) if isinstance(token, str))


def answered(error, **headers):
    return DomainErrorMiddleware(lambda request: HttpResponse()).process_exception(request(**headers), error)


@pytest.mark.parametrize(
    ("error", "status"),
    [(errors.DomainError, 409), (errors.NotAllowed, 403), (errors.Missing, 404), (errors.Invalid, 422), (errors.TooMany, 429)],
)  # fmt: skip
def test_a_domain_error_is_a_page_with_its_status_and_its_sentence(error, status):
    response = answered(error("The call has <closed>. Ask for the next one."))
    assert response.status_code == status
    assert "The call has <closed>. Ask for the next one." in words(response)
    assert b"<closed>" not in response.content
    assert response.content.count(b"<h1") == 1


def test_other_exceptions_are_left_to_django():
    assert answered(ValueError("x")) is None


def test_htmx_gets_the_message_alone_and_where_to_put_it():
    response = answered(errors.DomainError("Somebody else was first."), **{"HX-Request": "true"})
    assert response.status_code == 409
    assert response["HX-Retarget"] == "#page-messages"
    assert b"<html" not in response.content and "Somebody else was first." in words(response)
    assert 'role="alert"' in response.content.decode()


def test_a_program_gets_json():
    response = answered(errors.Missing("No such pot."), accept="application/json")
    assert response.status_code == 404
    assert json.loads(response.content) == {"error": "No such pot.", "status": 404}


@pytest.mark.parametrize("status", [500, 503])
def test_500_and_503_need_no_database(status, django_db_blocker):
    with django_db_blocker.block():
        response = views.error_response(request(), status)
    assert response.status_code == status
    assert response.content.count(b"<h1") == 1
    assert response.has_header("Retry-After") == (status == 503)


def test_a_database_that_cannot_be_reached_is_503_and_anything_else_500():
    def status_while(error):
        try:
            raise error
        except type(error):
            return views.server_error(request()).status_code

    assert status_while(OperationalError("connection refused")) == 503
    assert status_while(KeyError("x")) == 500


def test_permission_denied_says_why():
    response = views.permission_denied(request(), PermissionDenied("Only reviewers see this."))
    assert response.status_code == 403 and "Only reviewers see this." in words(response)


def test_an_unknown_address_is_a_404_page_of_ours(client, db):
    response = client.get("/no/such/page")
    assert response.status_code == 404
    assert "Check the address, or start from the home page." in words(response)


def test_a_form_that_came_from_elsewhere_is_explained(db):
    from django.test import Client

    response = Client(enforce_csrf_checks=True).post("/gallery/form/", {})
    assert response.status_code == 403
    assert "This page was open for too long." in words(response)


def test_every_link_of_an_error_page_has_a_page_behind_it():
    links = re.findall(r'<a [^>]*href="(/[^"]*)"', views.error_response(request(), 500).content.decode())
    assert {"/privacy/", "/contact/", "/accessibility/"} <= set(links)
    assert [link for link in links if resolve(link).func is None] == []


def test_what_was_typed_on_a_refused_form_is_given_back_on_the_page_and_never_what_another_site_could_have_sent(client):
    data = {"worry": "other", "text": "He has not eaten since Monday.", "email": "a@example.org"}
    asked = RequestFactory().post("/worried/", data)
    asked.user, asked.resolver_match = AnonymousUser(), resolve("/worried/")
    HtmxMiddleware(lambda request: HttpResponse())(asked)
    refused = DomainErrorMiddleware(lambda request: HttpResponse()).process_exception(asked, errors.DomainError("No."))
    assert "What you typed" in words(refused) and "He has not eaten since Monday." in words(refused)
    assert "a@example.org" not in words(refused)
    asked.resolver_match = resolve("/start/")  # this form carries no CSRF token
    refused = DomainErrorMiddleware(lambda request: HttpResponse()).process_exception(asked, errors.DomainError("No."))
    assert "He has not eaten" not in words(refused)


@pytest.mark.django_db
def test_coming_back_to_where_a_form_was_sent_shows_the_way_on(client, actor):
    sign_in(client, actor)
    response = client.get("/inbox/read/")
    assert response.status_code == 405 and response["Allow"] == "POST"
    assert "This page has been left" in words(response)
    assert b'href="/inbox/"' in response.content, "its own page is one click away"
