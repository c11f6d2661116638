"""Whoever enters a code gets the account of exactly the address to which it went."""

import re
import threading

import pytest
from django.core import mail
from django.db import connection
from django.test import Client

from people import queries
from people.actions import sign_in as codes
from people.actions.accounts import bring_aboard
from people.models import User
from tests.matrix import make_client
from tests.people.factories import make_staff, make_user
from ui.errors import Invalid

LOOK_ALIKES = ["ama@maıl.example", "ama@maiſ.example", "ſam@mail.example", "ama@ﬁsh.example"]
MEANT = ["ama@mail.example", "ama@mais.example", "sam@mail.example", "ama@fish.example"]


@pytest.fixture(autouse=True)
def _letters(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def code_in(message):
    return re.search(r"\b\d{6}\b", message.body)[0]


@pytest.mark.django_db
@pytest.mark.parametrize(("typed", "meant"), [*zip(LOOK_ALIKES, MEANT, strict=True)])
def test_a_code_to_a_look_alike_address_never_opens_somebody_elses_account(typed, meant):
    victim = make_user(meant, name="Vera Victim")
    attacker = Client()

    page = attacker.post("/sign-in/", {"email": typed})
    if page.status_code == 302:  # a domain of its own: its owner has mail there, and an account of their own
        assert mail.outbox[-1].to[0] not in (typed, meant)
        attacker.post(page["Location"], {"code": code_in(mail.outbox[-1])})
    else:
        assert page.status_code == 422
        assert "Use the address as your mail provider writes it" in page.content.decode()
        assert not mail.outbox

    assert "Vera Victim" not in attacker.get("/account/").content.decode()
    assert User.objects.at(typed).first() != victim
    assert User.objects.at(meant).get() == victim


@pytest.mark.django_db
def test_the_page_after_says_where_the_mail_went():
    client = Client()
    page = client.post("/sign-in/", {"email": "Ama@Bücher.example"})
    assert "ama@xn--bcher-kva.example" in client.get(page["Location"]).content.decode()


@pytest.mark.django_db
def test_nobody_is_made_or_found_by_a_look_alike():
    make_user("sam@mail.example", name="Sam")
    with pytest.raises(Invalid, match="as your mail provider writes it"):
        bring_aboard(email="ſam@mail.example", name="Not Sam")
    with pytest.raises(Invalid, match="already"):
        bring_aboard(email="SAM@mail.example", name="Sam again")
    assert not queries.people_found("ſam@mail.example")
    assert queries.people_found("SAM@mail").get().name == "Sam"


def test_two_browsers_with_two_writings_of_one_new_address_make_one_account(real_db):
    typed = ["New@mail.example", "new@MAIL.example "]
    for address in typed:
        codes.send_code(email=address, ip_key="one")
    sent = [code_in(message) for message in mail.outbox]
    met, users = threading.Barrier(2), []

    def enter(address, code):
        met.wait()
        users.append(codes.confirm(email=address, code=code, ip_key="one").user.pk)
        connection.close()

    threads = [threading.Thread(target=enter, args=pair) for pair in zip(typed, sent, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(users) == 2
    assert set(users) == {User.objects.get(email="new@mail.example").pk}


@pytest.mark.django_db
@pytest.mark.parametrize("route", ["/aboard/name/", "/account/profile/", "/staff/people/new/"])
def test_a_name_with_the_address_of_a_site_is_refused_on_every_page_that_takes_one(route):
    staff = make_staff("broker")
    client = make_client(staff)
    answer = client.post(route, {"name": "Win at prize.example", "email": "new@mail.example"})
    assert answer.status_code == 422
    assert "without the address of a site" in answer.content.decode()
    assert "Win at prize.example" in answer.content.decode()
    assert not User.objects.filter(name__contains="prize")
