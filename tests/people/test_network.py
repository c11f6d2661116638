"""Whose address counts: behind proxies that we run, and where somebody only claims that there is one."""

import http.client
import re
import threading
from urllib.parse import urlencode

import pytest
from allauth.core.internal.ratelimit import get_ip
from allauth.usersessions.models import UserSession
from django.core import mail
from django.core.cache import cache
from django.test import Client, RequestFactory

from people import limits, network
from people.access import ip_key
from people.actions import sign_in as codes
from tests.live import gunicorn
from tests.people.factories import make_user
from tests.proxy import proxy
from ui.errors import TooMany

CONNECTED = "198.51.100.7"
MANY = ", ".join(f"192.0.2.{number % 256}" for number in range(5000))


@pytest.mark.parametrize(
    ("proxies", "header", "counts"),
    [
        (0, None, CONNECTED),
        (0, "203.0.113.9", CONNECTED),  # nobody trusted sent it
        (1, None, CONNECTED),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "10.0.0.1, 203.0.113.9", "203.0.113.9"),  # the asker's own words come before
        (1, f"{MANY}, 203.0.113.9", "203.0.113.9"),
        (1, "203.0.113.9:4711", "203.0.113.9"),
        (1, "[2001:db8::1]:4711", "2001:db8::1"),
        (1, "[2001:db8::1]", "2001:db8::1"),
        (1, '"[2001:db8::1]:4711"', "2001:db8::1"),
        (1, "fe80::1%eth0", "fe80::1"),
        (1, "::ffff:203.0.113.9", "203.0.113.9"),
        (1, "[::ffff:203.0.113.9]:80", "203.0.113.9"),
        (1, "unknown", CONNECTED),
        (1, "", CONNECTED),
        (1, "203.0.113.9,", CONNECTED),
        (1, "203.0.113.999", CONNECTED),
        (1, "203.0.113.9\x00", CONNECTED),
        (2, "203.0.113.9", CONNECTED),  # only one of the two has written
        (2, "203.0.113.9, 10.0.0.2", "203.0.113.9"),
        (2, "10.9.9.9, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
    ],
)
def test_the_address_that_counts_is_the_one_that_our_outermost_proxy_saw(settings, proxies, header, counts):
    settings.TRUSTED_PROXIES = proxies
    more = {} if header is None else {"HTTP_X_FORWARDED_FOR": header}
    request = RequestFactory().get("/", REMOTE_ADDR=CONNECTED, **more)

    assert network.client_address(request) == counts


def test_a_request_without_any_address_is_answered():
    assert network.client_address(RequestFactory().get("/", REMOTE_ADDR="")) == network.NOWHERE


def request_from(address):
    return RequestFactory().get("/", REMOTE_ADDR=address)


@pytest.mark.parametrize("counted_by", [ip_key, get_ip], ids=["ours", "allauth"])
def test_a_home_counts_once_whichever_of_its_ipv6_addresses_it_uses(counted_by):
    one, same_home, next_door = map(request_from, ["2001:db8:1:1::1", "2001:db8:1:1:ffff::2", "2001:db8:1:2::1"])

    assert counted_by(one) == counted_by(same_home) != counted_by(next_door)
    assert counted_by(request_from("203.0.113.9")) != counted_by(request_from("203.0.113.10"))
    assert counted_by(request_from("::ffff:203.0.113.9")) == counted_by(request_from("203.0.113.9"))


def test_a_session_is_kept_without_the_address_of_a_machine(db):
    user = make_user()
    client = Client(REMOTE_ADDR="203.0.113.9")
    page = client.post("/sign-in/", {"email": user.email})["Location"]
    client.post(page, {"code": re.search(r"\b\d{6}\b", mail.outbox[-1].body)[0]})

    kept = UserSession.objects.get(user=user)
    assert kept.ip.startswith("fd") and "203" not in kept.ip
    assert kept.ip == network.stand_in("203.0.113.9") != network.stand_in("203.0.113.10")


def test_no_more_tries_than_allowed_pass_however_many_come_at_once():
    allowed, _seconds = limits.LIMITS["concern-from-ip"]
    passed, together = [], threading.Barrier(8)

    def tries():
        together.wait()
        for _ in range(10):
            try:
                limits.count("concern-from-ip", "one place")
            except TooMany:
                continue
            passed.append(1)

    threads = [threading.Thread(target=tries) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(passed) == allowed


def test_a_count_always_ends(monkeypatch):
    """A key that runs out between the two calls must not come back as one that never does."""
    monkeypatch.setattr(cache, "add", lambda *args, **kwargs: cache.set(args[0], 0, None) or True)

    limits.count("concern-from-ip", "one place")

    client = cache._cache.get_client()
    assert 0 < client.ttl(cache.make_key(f"limit:concern-from-ip:{limits.hashed('one place')}")) <= 3600


def test_an_address_is_sent_twenty_codes_a_day_and_no_more_however_patiently_one_asks(db):
    for number in range(20):
        if number % 5 == 0:
            cache.delete(f"limit:code-to-address:{limits.hashed('ama@example.org')}")  # half an hour later
        codes.send_code(email="ama@example.org", ip_key=f"place {number}")
    cache.delete(f"limit:code-to-address:{limits.hashed('ama@example.org')}")

    with pytest.raises(TooMany, match="Wait 24 hours"):
        codes.send_code(email="ama@example.org", ip_key="another place")
    codes.send_code(email="bea@example.org", ip_key="another place")
    assert len(mail.outbox) == 21


def ask(port, path, source="127.0.0.1", headers=None, **data):
    """One request from an address of this machine; the status of the answer."""
    connection = http.client.HTTPConnection("localhost", port, timeout=60, source_address=(source, 0))
    try:
        connection.request("GET", path, headers=headers or {})
        first = connection.getresponse()
        page = first.read().decode()
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
        cookie = first.getheader("Set-Cookie").split(";")[0]
        body = urlencode({**data, "csrfmiddlewaretoken": token})
        sent = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie, **(headers or {})}
        connection.close()
        connection.request("POST", path, body, sent)
        return connection.getresponse().status
    finally:
        connection.close()


def complain(port, source, **headers):
    return ask(port, "/privacy/complain/", source, headers, email="a@example.org", text="About my data")


def test_two_people_behind_one_proxy_have_limits_of_their_own_and_a_forged_header_gives_nobody_another(
    real_db, tmp_path
):
    allowed, _seconds = limits.LIMITS["concern-from-ip"]
    with gunicorn(database_url=real_db.url, folder=tmp_path, TRUSTED_PROXIES="1") as port, proxy(port) as front:
        answers = [
            complain(front, "127.0.0.1", **{"X-Forwarded-For": f"203.0.113.{number}, 203.0.113.{number + 100}"})
            for number in range(allowed + 1)
        ]
        assert answers == [200] * allowed + [429]
        assert complain(front, "127.0.0.1", X_Forwarded_For="203.0.113.200") == 429
        assert complain(front, "127.0.0.2") == 200


def test_without_a_trusted_proxy_the_header_changes_nothing(real_db, tmp_path):
    allowed, _seconds = limits.LIMITS["concern-from-ip"]
    with gunicorn(database_url=real_db.url, folder=tmp_path, TRUSTED_PROXIES="") as port:
        answers = [complain(port, "127.0.0.1", **{"X-Forwarded-For": f"203.0.113.{n}"}) for n in range(allowed + 1)]
        assert answers == [200] * allowed + [429]
        assert complain(port, "127.0.0.2") == 200
