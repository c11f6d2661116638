"""Reading the desk's pages in tests, and people who open them."""

import html
import re

from django.urls import reverse

from people.models import RoleGrant
from tests.timebank.factories import a_member


def at(name, *args):
    """The address of a page of the time bank."""
    return reverse(f"timebank:{name}", args=args)


def text_of(response):
    """What a page says, without its markup."""
    body = re.sub(r"<(script|style|svg).*?</\1>", " ", response.content.decode(), flags=re.S)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", body)))


def an_administrator(name="Ida Administrator"):
    """A member who holds the role of administrator and no other."""
    user = a_member(name)
    RoleGrant.objects.create(user=user, role="administrator", reason="For this test")
    return user
