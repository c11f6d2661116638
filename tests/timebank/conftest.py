import pytest
from django.contrib.auth import SESSION_KEY

from tests.timebank.browsing import signed_in


@pytest.fixture
def as_(client):
    """A browser in which somebody is signed in, second factor included; nobody signs in anew who is there already."""

    def become(user):
        here = client.session.get(SESSION_KEY) == str(user.pk) if client.cookies else False
        return client if here else signed_in(client, user)

    return become
