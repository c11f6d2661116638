"""What a block does is read where it is made, and where one's blocks are listed."""

import pytest
from django.urls import reverse

from people.actions import safety
from tests.people.factories import make_user

pytestmark = pytest.mark.django_db


def test_what_happens_to_what_exists_is_said_before_and_after_a_block(client):
    reader, other = make_user(name="Rita Reader"), make_user(name="Otto Other")
    client.force_login(reader)
    words = "What you have agreed already does not end by itself."
    assert words in client.get(reverse("people:person", args=[other.pk])).content.decode()
    safety.block(by=reader, user=other)
    assert words in client.get(reverse("people:blocks")).content.decode()
