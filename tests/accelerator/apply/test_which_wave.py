"""Where several calls are open, an idea goes to the one whose page or poster somebody came from."""

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from accelerator.actions import apply
from accelerator.models import Wave
from outreach import actions as outreach
from outreach import tickets
from outreach.models import Start
from tests.accelerator.apply.test_pages import page_of
from tests.accelerator.factories import a_person, a_wave, close_call
from tests.outreach.factories import placement as a_placement

pytestmark = pytest.mark.django_db


@pytest.fixture
def sooner_and_later() -> tuple[Wave, Wave]:
    """Two open calls; the first closes sooner."""
    sooner, later = a_wave(name="Closes sooner"), a_wave(name="Closes later")
    Wave.objects.filter(pk=sooner.pk).update(call_closes=later.call_closes - dt.timedelta(days=3))
    return Wave.objects.get(pk=sooner.pk), later


def through_the_door(start: Start) -> Wave | None:
    user = a_person()
    apply.from_the_door(user, start)
    return user.applications.get().wave


def test_from_the_page_of_a_wave_the_sentence_goes_to_that_wave(sooner_and_later):
    sooner, later = sooner_and_later
    client = Client()
    page = page_of(client.get(f"/waves/{later.slug}/apply/"))
    assert f"/start/?to={later.slug}#idea" in page
    door = client.get(f"/start/?to={later.slug}")
    assert f'name="onward" value="{later.slug}"' in page_of(door)
    sent = {"ticket": door.context["ticket"], "door": "idea", "sentence": "Bigger clocks", "onward": later.slug}
    assert client.post("/start/", sent).status_code == 302
    start = Start.objects.get()
    assert start.onward == later.slug
    assert through_the_door(start) == later
    close_call(later)
    assert through_the_door(start) == sooner, "its call is over; another is open"


def test_from_a_poster_the_sentence_goes_to_the_wave_of_its_campaign(sooner_and_later):
    sooner, later = sooner_and_later
    placement = a_placement()
    start = Start.objects.create(ticket="a", door="idea", sentence="Bigger clocks", placement=placement)
    assert through_the_door(start) == sooner, "a campaign of no wave"
    Wave.objects.filter(pk=later.pk).update(campaign=placement.campaign)
    assert through_the_door(start) == later


@pytest.mark.parametrize("onward", ["", "no-such-wave", "<b>", "x" * 61, "Not A Slug"])
def test_anything_else_goes_to_the_call_that_closes_first(sooner_and_later, onward):
    start = outreach.start(
        ticket=tickets.issue(None, "phone", False), door="idea", sentence="Bigger clocks", onward=onward
    )
    assert start.onward in {"", "no-such-wave"}
    assert through_the_door(start) == sooner_and_later[0]
    assert timezone.now() < sooner_and_later[0].call_closes
