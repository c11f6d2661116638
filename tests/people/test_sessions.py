"""Where somebody is signed in, and how that ends."""

import pytest
from django.test import Client

from people.actions import sessions
from tests.people.factories import make_user

pytestmark = pytest.mark.django_db


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


def is_signed_in(client):
    return client.get("/account/").status_code == 200


def test_every_session_of_one_person_ends_at_once_and_nobody_elses():
    user, other = make_user(), make_user()
    browsers, others = [signed_in(user), signed_in(user)], signed_in(other)
    assert all(is_signed_in(browser) for browser in browsers)
    sessions.end_all(user=user)
    assert not any(is_signed_in(browser) for browser in browsers)
    assert is_signed_in(others)
    assert is_signed_in(signed_in(user))


def test_the_session_that_is_kept_goes_on():
    user = make_user()
    kept, other = signed_in(user), signed_in(user)
    session = kept.session
    sessions.end_all(user=user, keep=session)
    session.save()
    assert is_signed_in(kept)
    assert not is_signed_in(other)
