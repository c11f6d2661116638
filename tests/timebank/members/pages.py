"""What the tests of members' pages share."""

import re

from django.urls import reverse

from people.middleware import DEMONSTRATION


def at(name, *args, **query):
    """The address of a page of the time bank."""
    return reverse(f"timebank:{name}", args=args, query=query or None)


def signed_in(client, user):
    """The browser, with somebody signed in, second factor included."""
    client.force_login(user)
    session = client.session
    session[DEMONSTRATION] = True
    session.save()
    return client


def text_of(response):
    """What a page says, without its markup."""
    body = re.sub(r"<(script|style|svg).*?</\1>", " ", response.content.decode(), flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body)).replace("&#x27;", "'").replace("&quot;", '"')
