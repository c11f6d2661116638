"""The public pages of waves: several programmes side by side, what happens when, and what can be done now."""

import datetime as dt

import pytest
from django.utils import timezone

from accelerator.actions import apply
from accelerator.models import Programme, Wave
from accelerator.rules.waves import on_shelves
from tests.accelerator.factories import a_draft, a_person, a_wave
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


def test_a_wave_leads_whoever_has_an_idea_in_it_back_to_that_idea():
    draft = a_draft()
    theirs, stranger = read(f"/waves/{draft.wave.slug}/", draft.lead), read(f"/waves/{draft.wave.slug}/", a_person())
    assert f"/applications/{draft.pk}/" in theirs and "Bring your idea" not in theirs
    assert str(draft.pk) not in stranger and "Bring your idea" in stranger
    apply.withdraw(by=draft.lead, application=draft)
    assert "Bring your idea" in read(f"/waves/{draft.wave.slug}/", draft.lead)


def test_a_wave_whose_call_is_over_speaks_of_it_in_the_past_and_leads_on():
    over = a_wave(call="closed")
    page = " ".join(read(f"/waves/{over.slug}/").split())
    assert "Ideas came in from" in page and "You can send an idea from" not in page
    assert "Keep your idea with us, and hear when the next call opens" in page
    assert "You can bring an idea to any call" not in read("/waves/")
    now = a_wave(name="The open one")
    page = " ".join(read(f"/waves/{over.slug}/").split())
    assert "You can bring an idea to The open one until" in page and f"/waves/{now.slug}/apply/" in page
    assert "Keep your idea with us" not in page


def test_a_wave_that_has_ended_promises_nothing_any_more():
    wave, day = a_wave(call="closed"), dt.timedelta(days=1)
    today = timezone.localdate()
    Wave.objects.filter(pk=wave.pk).update(
        call_opens=timezone.now() - 90 * day,
        call_closes=timezone.now() - 80 * day,
        support_starts=today - 70 * day,
        community_starts=today - 40 * day,
        evaluation_starts=today - 20 * day,
        ends=today - day,
        access_fund_pence=100_000,
    )
    page = " ".join(read(f"/waves/{wave.slug}/", a_person()).split())
    assert "we found out what had changed" in page and "Support started on" in page
    for promise in ("What a place in this wave means", "Claim or ask", "You can send", "We read, and write"):
        assert promise not in page


@pytest.mark.parametrize(
    ("call", "says"),
    [("open", "You can send an idea until"), ("ahead", "You can send an idea from"), ("closed", "No call is open now")],
)
def test_the_front_page_says_until_when_ideas_can_come_and_leads_to_the_waves(call, says):
    wave = a_wave(call=call)
    page = " ".join(read("/").split())
    assert wave.name in page and says in page and 'href="/waves/"' in page


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
