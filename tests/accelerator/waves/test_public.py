"""The public pages of waves: several programmes side by side, what happens when, and what can be done now."""

import datetime as dt

import pytest

from accelerator.models import Programme, Wave
from accelerator.rules.waves import on_shelves
from tests.accelerator.factories import a_person, a_wave
from tests.matrix import make_client
from ui.formats import moment

pytestmark = pytest.mark.django_db


def read(path, user=None):
    return make_client(user).get(path).content.decode()


def test_waves_stand_under_what_can_be_done_with_them_and_those_to_act_on_first_come_first():
    later, sooner = a_wave(name="Closes later"), a_wave(name="Closes sooner")
    Wave.objects.filter(pk=sooner.pk).update(call_closes=later.call_closes - dt.timedelta(days=3))
    coast = Programme.objects.create(slug="coast", name="The coastal programme")
    ahead = a_wave(call="ahead", name="Opens next", regions=["Cornwall", "Devon"], themes=["Care closer to home"])
    Wave.objects.filter(pk=ahead.pk).update(programme=coast)
    a_wave(call="closed", name="Being read")
    page = read("/waves/")
    order = [
        "Open for ideas now",
        "Closes sooner",
        "Closes later",
        "Opening next",
        "Opens next",
        "Under way",
        "Being read",
    ]
    assert [page.index(words) for words in order] == sorted(page.index(words) for words in order)
    assert "2 programmes run side by side" in page and "The coastal programme" in page
    assert "Cornwall, Devon" in page and "Care closer to home" in page and "anywhere in England" in page
    assert "Over</h2>" not in page


def test_without_a_wave_the_list_says_so():
    assert "The first call will be announced here" in read("/waves/")


def test_a_wave_says_what_happens_when_with_the_zone_of_its_deadline_and_that_nobody_is_out_of_pocket():
    wave = a_wave()
    page = read(f"/waves/{wave.slug}/")
    assert f"to {moment(wave.call_closes, zone=True)}. What is not sent by then is kept" in page
    assert "Nobody is out of pocket" not in page
    Wave.objects.filter(pk=wave.pk).update(access_fund_pence=100_000)
    assert "Nobody is out of pocket" in read(f"/waves/{wave.slug}/")
    assert "Claim or ask" not in read(f"/waves/{wave.slug}/") and "Claim or ask" in read(
        f"/waves/{wave.slug}/", a_person()
    )


def test_the_list_costs_the_same_however_many_waves_there_are(django_assert_num_queries, client):
    for _ in range(3):
        a_wave()
    with django_assert_num_queries(1):
        client.get("/waves/")
    for _ in range(9):
        a_wave()
    with django_assert_num_queries(1):
        client.get("/waves/")


def test_every_wave_stands_on_one_shelf():
    waves = [a_wave(call=call) for call in ("open", "closed", "ahead")]
    shelved = [wave for _heading, rows in on_shelves(waves) for wave, _phase in rows]
    assert sorted(wave.pk for wave in shelved) == sorted(wave.pk for wave in waves)
