"""The pages: what they say, to whom, and what they do with bad input."""

import datetime as dt
import uuid

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accelerator.models import CheckIn, Milestone, RagEvent, StaffHours, Submission
from tests.accelerator.factories import a_manager, a_person, a_wave
from tests.accelerator.innovations.factories import (
    PDF,
    a_file,
    an_innovation,
    evidence_for,
    first,
    hours_given,
    in_state,
    lead_of,
)
from tests.matrix import make_client
from timebank.models import Listing
from ui.formats import day

pytestmark = pytest.mark.django_db


def signed_in(user) -> Client:
    """A browser in which `user` is signed in, with a second factor."""
    return make_client(user)


def as_manager(innovation) -> Client:
    return signed_in(innovation.manager)


def as_team(innovation) -> Client:
    return signed_in(lead_of(innovation))


def at(name, thing):
    return reverse(f"accelerator:{name}", args=[thing.pk])


def text(response) -> str:
    return " ".join(response.content.decode().split())


def test_home_shows_one_next_step_and_what_waits_on_others():
    milestone = in_state("submitted")
    page = text(as_team(milestone.innovation).get(reverse("ui:home")))
    assert page.count("Your one next step this week") == 1
    assert f"Evidence for “{milestone.title}” is being read" in page
    assert "Begin small:" in page


def test_before_its_next_step_begins_a_team_is_told_that_nothing_is_asked():
    innovation = an_innovation()
    begins = timezone.localdate() + dt.timedelta(days=20)
    innovation.milestones.update(start=begins, end=begins + dt.timedelta(days=14))
    page = text(as_team(innovation).get(reverse("ui:home")))
    assert f"Nothing is asked of you this week. Your next step begins on {day(begins)}" in page
    assert "Your one next step this week" not in page


def test_a_manager_finds_the_evidence_to_read_on_home():
    milestone = in_state("submitted")
    page = text(as_manager(milestone.innovation).get(reverse("ui:home")))
    assert "Evidence to read" in page and milestone.title in page


def test_an_innovations_page_shows_the_colour_to_managers_only():
    innovation = an_innovation()
    assert "How it stands" in text(as_manager(innovation).get(at("innovation", innovation)))
    page = text(as_team(innovation).get(at("innovation", innovation)))
    assert innovation.summary[:30] in page
    assert "How it stands" not in page and "oda-rag" not in page


def test_the_roadmap_shows_phases_slippage_and_hours_received():
    innovation = an_innovation()
    milestone = first(innovation)
    hours_given(milestone, 90)
    Milestone.objects.filter(pk=milestone.pk).update(end=milestone.end + dt.timedelta(days=7))
    page = text(as_team(innovation).get(at("roadmap", innovation)))
    assert "Support, one to one" in page and "Open to the community" in page
    assert "7 days later than first planned" in page
    assert "1 h 30 received" in page


def test_the_roadmap_asks_the_same_number_of_queries_for_3_and_for_11_milestones(django_assert_max_num_queries):
    innovation = an_innovation(flags=["device"])
    client = as_team(innovation)
    with django_assert_max_num_queries(30) as all_of_them:
        client.get(at("roadmap", innovation))
    few = innovation.milestones.order_by("start")[:3].values_list("pk", flat=True)
    Milestone.depends_on.through.objects.all().delete()
    Milestone.objects.filter(innovation=innovation).exclude(pk__in=list(few)).delete()
    with django_assert_max_num_queries(30) as three:
        client.get(at("roadmap", innovation))
    assert len(three) == len(all_of_them)


def test_a_milestone_says_why_how_and_what_to_show():
    milestone = first(an_innovation())
    page = text(as_team(milestone.innovation).get(at("milestone", milestone)))
    for expected in [milestone.why[:40], milestone.steps[2], milestone.to_show[0], "Ask the community"]:
        assert expected in page
    assert "Give it other dates" not in page


@pytest.mark.parametrize("name", ["milestone", "send_evidence", "ask", "move_milestone", "drop_milestone"])
def test_other_peoples_milestones_are_missing(name):
    milestone = first(an_innovation())
    stranger = signed_in(lead_of(an_innovation()))
    manager_elsewhere = signed_in(a_manager(scope=a_wave().pk))
    expected = 403 if name in {"move_milestone", "drop_milestone"} else 404
    assert stranger.get(at(name, milestone)).status_code == expected
    assert manager_elsewhere.get(at(name, milestone)).status_code == 404
    made_up = reverse(f"accelerator:{name}", args=[uuid.uuid4()])
    assert manager_elsewhere.get(made_up).status_code == 404


def test_evidence_goes_from_sent_to_returned_to_accepted():
    milestone = first(an_innovation())
    innovation = milestone.innovation
    team, manager = as_team(innovation), as_manager(innovation)
    given = {"account": "We asked three people.", "shows": [milestone.to_show[0]], "links": "https://example.org/map"}
    answer = team.post(at("send_evidence", milestone), {**given, "files": [a_file(), a_file("photo.pdf")]})
    assert answer.status_code == 302, text(answer)
    sent = Submission.objects.get()
    assert sent.files.count() == 2 and sent.links == ["https://example.org/map"]

    refused = manager.post(at("read_evidence", sent), {"answer": "return", "comment": " "})
    assert refused.status_code == 422 and "Say what is missing" in text(refused)
    manager.post(at("read_evidence", sent), {"answer": "return", "comment": "Which ward was it?"})
    page = text(team.get(at("send_evidence", milestone)))
    assert "Which ward was it?" in page

    team.post(at("send_evidence", milestone), {"account": "Ward 4 and ward 6."})
    again = Submission.objects.get(number=2)
    manager.post(at("read_evidence", again), {"answer": "accept"})
    milestone.refresh_from_db()
    assert milestone.state == "accepted"
    page = text(team.get(at("milestone", milestone)))
    assert "Which ward was it?" in page and "Ward 4 and ward 6." in page


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "Say in a few words"),
        ({"account": "x", "links": "not a link"}, "is not a web address"),
        ({"account": "x", "links": "javascript:alert(1)"}, "is not a web address"),
        ({"account": "x", "cycle_prediction": "It works"}, "three parts"),
        ({"account": "x", "shows": ["Something else"]}, "Choose one of the answers"),
        ({"account": "word " * 1501}, "1500 words or fewer"),
    ],
)
def test_evidence_that_cannot_be_used_comes_back_with_what_was_typed(given, says):
    milestone = first(an_innovation())
    answer = as_team(milestone.innovation).post(at("send_evidence", milestone), given)
    assert answer.status_code == 422
    assert says in text(answer)
    assert given.get("account", "").strip()[:50] in text(answer)
    assert not Submission.objects.exists()


def test_a_program_dressed_up_as_a_picture_is_refused_by_name():
    milestone = first(an_innovation())
    files = [a_file("cat.png", b"MZ\x90\x00" + b"\x00" * 100)]
    answer = as_team(milestone.innovation).post(at("send_evidence", milestone), {"account": "See", "files": files})
    assert answer.status_code == 422 and "We cannot take “cat.png”" in text(answer)


def test_a_file_is_only_ever_a_download_for_those_who_see_the_innovation():
    milestone = first(an_innovation())
    sent = evidence_for(milestone, files=[a_file("../../etc/ward map.pdf")])
    file = sent.files.get()
    answer = as_team(milestone.innovation).get(at("evidence_file", file))
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="ward map.pdf"')
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert b"".join(answer.streaming_content) == PDF
    assert signed_in(a_person()).get(at("evidence_file", file)).status_code == 404


def test_a_second_click_sends_evidence_once():
    milestone = first(an_innovation())
    client = as_team(milestone.innovation)
    for _click in range(2):
        assert client.post(at("send_evidence", milestone), {"account": "We asked."}).status_code == 302
    assert Submission.objects.count() == 1


def test_asking_the_community_posts_a_request_paid_by_the_innovation():
    milestone = first(an_innovation())
    innovation, client = milestone.innovation, as_team(milestone.innovation)
    page = text(client.get(at("ask", milestone)))
    assert "Help with coaching" in page
    given = {"title": "Help with a needs baseline", "description": "One call", "minutes": "1.5", "mode": "remote"}
    key = str(uuid.uuid4())
    for _click in range(2):
        assert client.post(at("ask", milestone), {**given, "key": key}).status_code == 302
    listing = Listing.objects.get()
    assert (listing.pot, listing.purpose, listing.minutes) == (innovation.pot, milestone.purpose, 90)
    assert [skill.name for skill in listing.skills.all()] == ["Coaching"]
    assert "Help with a needs baseline" in text(client.get(at("milestone", milestone)))


def test_the_community_can_be_asked_while_evidence_waits_to_be_read():
    innovation = an_innovation()
    milestone, client = first(innovation), as_team(innovation)
    evidence_for(milestone)
    page = client.get(at("milestone", milestone))
    assert at("ask", milestone) in page.content.decode()
    assert at("send_evidence", milestone) not in page.content.decode()
    assert client.get(at("ask", milestone)).status_code == 200


def test_asking_for_more_than_is_left_says_what_is_left():
    milestone = first(an_innovation())
    given = {"title": "A lot", "description": "x", "minutes": "24", "mode": "remote", "key": str(uuid.uuid4())}
    answer = as_team(milestone.innovation).post(at("ask", milestone), given)
    assert answer.status_code == 422 and "You have 20 h of help left" in text(answer)
    assert not Listing.objects.exists()


def test_hours_given_show_on_the_milestone_with_who_gave_them():
    milestone = first(an_innovation())
    hours_given(milestone, 75)
    page = text(as_team(milestone.innovation).get(at("milestone", milestone)))
    assert "1 h 15" in page and "Hana Helper" in page


def test_moving_shows_what_depends_on_it_before_anything_moves():
    innovation = an_innovation()
    milestone, client = first(innovation), as_manager(innovation)
    end = milestone.end + dt.timedelta(days=7)
    given = {
        **{f"start-{part}": getattr(milestone.start, part) for part in ("day", "month", "year")},
        **{f"end-{part}": getattr(end, part) for part in ("day", "month", "year")},
        "reason": "Half term",
    }
    asked = client.post(at("move_milestone", milestone), given)
    assert asked.status_code == 200 and "Which of them move too?" in text(asked)
    milestone.refresh_from_db()
    assert milestone.slippage_days == 0
    problem = innovation.milestones.get(title__startswith="Problem")
    moved = client.post(at("move_milestone", milestone), {**given, "along": [str(problem.pk)], "seen": "yes"})
    assert moved.status_code == 302
    milestone.refresh_from_db()
    problem.refresh_from_db()
    assert (milestone.slippage_days, problem.slippage_days) == (7, 7)


def test_a_milestone_can_be_added_dropped_and_put_back():
    innovation = an_innovation()
    client, today = as_manager(innovation), timezone.localdate()
    date = {"day": today.day, "month": today.month, "year": today.year}
    given = {"title": "Meet estates", "kind": "business", "to_show": "Minutes\nPhoto"}
    given |= {f"start-{k}": v for k, v in date.items()} | {f"end-{k}": v for k, v in date.items()}
    assert client.post(at("add_milestone", innovation), given).status_code == 302
    made = innovation.milestones.get(title="Meet estates")
    assert client.post(at("drop_milestone", made), {}).status_code == 422
    assert client.post(at("drop_milestone", made), {"reason": "They moved out"}).status_code == 302
    assert "They moved out" in text(client.get(at("milestone", made)))
    assert client.post(at("restore_milestone", made)).status_code == 302
    made.refresh_from_db()
    assert made.state == "not_started"


def test_check_ins_come_from_both_sides_and_a_managers_stays_private_unless_shown():
    innovation = an_innovation()
    team, manager = as_team(innovation), as_manager(innovation)
    said = {"progress": "We met the ward sister", "confidence": "4"}
    assert team.post(at("check_in", innovation), said).status_code == 302
    assert manager.post(at("check_in", innovation), {"progress": "I worry a bit", "confidence": "2"}).status_code == 302
    shown = {"progress": "They are doing well", "confidence": "5", "shown_to_team": "on"}
    assert manager.post(at("check_in", innovation), shown).status_code == 302
    assert CheckIn.objects.count() == 3
    page = text(team.get(at("innovation", innovation)))
    assert "We met the ward sister" in page and "They are doing well" in page
    assert "I worry a bit" not in page
    assert "I worry a bit" in text(manager.get(at("innovation", innovation)))


@pytest.mark.parametrize("given", [{}, {"progress": "x"}, {"progress": "x", "confidence": "6"}, {"confidence": "3"}])
def test_a_check_in_without_its_answers_comes_back(given):
    innovation = an_innovation()
    assert as_team(innovation).post(at("check_in", innovation), given).status_code == 422
    assert not CheckIn.objects.exists()


def test_a_managers_colour_life_description_and_hours_are_kept():
    innovation = an_innovation()
    client = as_manager(innovation)
    assert client.post(at("override_colour", innovation), {"colour": "red", "waiting_on": "team"}).status_code == 422
    red = {"colour": "red", "waiting_on": "outside", "reason": "The ethics board is late"}
    assert client.post(at("override_colour", innovation), red).status_code == 302
    assert RagEvent.objects.filter(rule="override").count() == 1
    assert "The ethics board is late" in text(client.get(at("innovation", innovation)))

    today = timezone.localdate()
    day = {"on-day": today.day, "on-month": today.month, "on-year": today.year}
    assert client.post(at("staff_hours", innovation), {**day, "minutes": "0.75", "kind": "business"}).status_code == 302
    assert StaffHours.objects.get().minutes == 45

    assert client.post(at("change_life", innovation), {"life": "stopped"}).status_code == 422
    stop = {"life": "stopped", "stopped_why": "The ward closed", "learnt": "Ask estates first"}
    assert client.post(at("change_life", innovation), stop).status_code == 302
    assert "Ask estates first" in text(client.get(at("innovation", innovation)))


def test_the_description_and_its_needs_can_be_put_right():
    innovation = an_innovation()
    given = {"name": "Drink cards", "summary": "Cards", "stage": "prototype", "tier": "A", "digital": "12"}
    assert as_manager(innovation).post(at("describe", innovation), given).status_code == 302
    innovation.refresh_from_db()
    assert (innovation.name, innovation.tier, innovation.device) == ("Drink cards", "A", False)
    assert innovation.needs.get(kind="digital").minutes == 720
