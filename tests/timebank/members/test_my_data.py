"""What the time bank puts into "download my data": everything of mine, of others only names in my exchanges."""

import io
import json
import zipfile

import pytest
from django.urls import reverse
from django.utils import timezone

from people.queries import data_zip
from tests.timebank.browsing import signed_in
from tests.timebank.factories import a_dispute, a_member, a_pot, a_settled_exchange, credits_of, key
from timebank.actions import disputes, leaving, pots, record

pytestmark = pytest.mark.django_db


def files_of(user):
    archive = zipfile.ZipFile(io.BytesIO(data_zip(user)))
    return {name.removesuffix(".json"): json.loads(archive.read(name)) for name in archive.namelist()}


def test_all_that_is_mine_is_there():
    ada, ben = a_member("Ada Lovelace"), a_member("Ben Nevis")
    a_settled_exchange(ada, ben, 90)
    pot = a_pot(ada, minutes=0, name="Falls on Ward 6")
    pots.give(by=ada, to_pot=pot, minutes=15, key=key(), memo="Keep going")
    record.reflect(by=ada, text="Ask first", on=timezone.localdate(), key=key())
    record.show(by=ada, skills="met")
    leaving.wish(by=ada, to_pot=pot)
    found = files_of(ada)
    assert found["time_credits"]["balance_in_minutes"] == credits_of(ada)[0] == 75
    assert [(e["minutes"], e["balance_after"], e["what"]) for e in found["time_credits"]["entries"]] == [
        (-15, 75, "You gave hours to Falls on Ward 6"),
        (90, 90, "You gave time to Ben Nevis"),
    ]
    assert found["time_credits"]["entries"][0]["note"] == "Keep going"
    assert found["pots"]["run"][0]["pot"] == "Falls on Ward 6"
    assert found["record"]["reflections"][0]["text"] == "Ask first"
    assert found["record"]["shown_to_others"]["skills"] == "met"
    assert found["record"]["when_leaving_credits_go_to"] == "Falls on Ward 6"


def test_what_the_other_side_wrote_is_not():
    exchange = a_dispute(a_member("Ada Lovelace"), a_member("Ben Nevis"))
    disputes.add_statement(by=exchange.provider, exchange=exchange, statement="Mine to say")
    disputes.add_statement(by=exchange.receiver, exchange=exchange, statement="A private matter of Ben")
    record.reflect(by=exchange.receiver, text="Ben's own thought", on=timezone.localdate(), key=key())
    found = json.dumps(files_of(exchange.provider))
    assert "Mine to say" in found and "Ben Nevis" in found
    for private in ("A private matter of Ben", "own thought", exchange.receiver.email):
        assert private not in found
    theirs = json.dumps(files_of(a_member()))
    assert "Ada" not in theirs and "Ben" not in theirs


def test_it_is_downloaded_by_its_owner(client):
    ada = a_member()
    a_settled_exchange(ada, a_member(), 15)
    answer = signed_in(client, ada).get(reverse("people:download"))
    assert "time_credits.json" in zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
