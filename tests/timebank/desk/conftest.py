import pytest

from people.middleware import DEMONSTRATION


@pytest.fixture
def as_(client):
    """A browser in which somebody is signed in, second factor included."""

    def sign_in(user):
        client.force_login(user)
        session = client.session
        session[DEMONSTRATION] = True
        session.save()
        return client

    return sign_in
