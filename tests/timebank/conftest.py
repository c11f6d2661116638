import pytest

from tests.timebank.browsing import signed_in


@pytest.fixture
def as_(client):
    """A browser in which somebody is signed in, second factor included."""
    return lambda user: signed_in(client, user)
