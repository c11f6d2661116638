"""The panel: seats and promises, giving out a whole phase, reminding, moving in bulk, redacting, the export."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accelerator.actions import allocation, apply, decisions, letters, review
from accelerator.models import Assignment, BulkMove, Decision, PanelSeat
from accelerator.queries import allocation as queries
from accelerator.queries import review as review_queries
from accelerator.queries.agreement import of_phase
from accelerator.queries.conflicts import conflicts
from accelerator.queries.moderation import moderation
from accelerator.rules import review as rules
from accelerator.views import moderation as moderation_views
from notifications.models import OutboxMessage
from tests.accelerator.factories import (
    a_full_draft,
    a_manager,
    a_person,
    a_review,
    a_reviewer,
    a_seat,
    a_wave,
    an_application,
    an_assignment,
    answer,
    close_call,
    the_phase,
)
from tests.matrix import make_client
from ui.errors import DomainError, Invalid, Missing, NotAllowed

pytestmark = pytest.mark.django_db
KEY = "0e2fba5e-31ad-4f0d-8f4c-3a4f8a7b1c55"


def a_scored_wave(applications=4, reviewers=3):
    """A wave whose call is closed, with applications and reviewers, and nothing given out."""
    wave = a_wave()
    found = [an_application(wave=wave) for _ in range(applications)]
    panel = [a_reviewer(f"Reviewer {n}") for n in range(reviewers)]
    close_call(wave)
    return wave, found, panel


def given_out(wave, manager=None, now=None):
    phase = the_phase(wave)
    fingerprint = queries.propose(phase, now).fingerprint
    return allocation.give_out(by=manager or a_manager(), phase=phase, fingerprint=fingerprint, now=now)


# Giving out


def test_a_phase_is_given_out_evenly_with_one_letter_a_reviewer():
    wave, applications, panel = a_scored_wave(applications=6, reviewers=3)
    made = given_out(wave)
    assert len(made) == 12
    for application in applications:
        assert application.assignments.values("reviewer").distinct().count() == 2
    assert sorted(Assignment.objects.filter(reviewer=one).count() for one in panel) == [4, 4, 4]
    letters = OutboxMessage.objects.filter(kind="review_assigned")
    assert {letter.user for letter in letters} == set(panel)
    assert all(letter.subject == "4 applications to review" for letter in letters)


def test_nobody_is_given_what_a_conflict_blocks_nor_what_they_gave_back_nor_more_than_they_have_room_for():
    wave, applications, panel = a_scored_wave(applications=2, reviewers=4)
    team, stepped_back, small, big = panel
    applications[0].co_applicants.create(user=team, may="edit", accepted_at=timezone.now())
    for application in applications:
        review.recuse(by=stepped_back, assignment=an_assignment(application, stepped_back))
    a_seat(small, wave, room=1)
    given_out(wave)
    assert set(applications[0].assignments.exclude(state="recused").values_list("reviewer", flat=True)) == {
        small.pk,
        big.pk,
    }
    assert not Assignment.objects.filter(reviewer=team, application=applications[0]).exists()
    assert Assignment.objects.filter(reviewer=small).count() == 1
    assert Assignment.objects.filter(reviewer=stepped_back, state="offered").count() == 0


def test_what_is_missing_is_said_and_the_rest_is_given_out():
    wave, applications, _panel = a_scored_wave(applications=2, reviewers=1)
    page = make_client(a_manager()).get(f"/selection/{wave.slug}/give-out/").content.decode()
    assert "1 reader is missing" in page and applications[0].reference in page
    assert len(given_out(wave)) == 2


def test_the_second_click_gives_out_nothing_and_a_changed_plan_is_shown_anew():
    wave, applications, panel = a_scored_wave()
    manager, phase = a_manager(), the_phase(wave)
    fingerprint = queries.propose(phase).fingerprint
    review.assign(by=manager, phase=phase, application=applications[0], reviewer=panel[0])
    with pytest.raises(DomainError, match="changed since you looked"):
        allocation.give_out(by=manager, phase=phase, fingerprint=fingerprint)
    assert Assignment.objects.count() == 1
    given_out(wave, manager)
    count = Assignment.objects.count()
    with pytest.raises(DomainError, match="has been given out"):
        allocation.give_out(by=manager, phase=phase, fingerprint=queries.propose(phase).fingerprint)
    assert Assignment.objects.count() == count == 8


def test_after_seven_days_without_a_review_somebody_else_is_asked():
    wave, _applications, _panel = a_scored_wave(applications=1, reviewers=4)
    given_out(wave)
    assert queries.propose(the_phase(wave)).plan.pairs == []
    in_a_week = timezone.now() + dt.timedelta(days=7)
    assert len(queries.propose(the_phase(wave), in_a_week).plan.pairs) == 2
    assert len(given_out(wave, now=in_a_week)) == 2
    assert Assignment.objects.values("reviewer").distinct().count() == 4


def test_only_a_manager_of_the_wave_gives_out():
    wave, _applications, panel = a_scored_wave()
    phase = the_phase(wave)
    fingerprint = queries.propose(phase).fingerprint
    for by in (panel[0], a_person(), a_person(role="portfolio_manager", scope=a_wave().pk)):
        with pytest.raises(NotAllowed):
            allocation.give_out(by=by, phase=phase, fingerprint=fingerprint)
    assert not Assignment.objects.exists()


def test_the_plan_costs_as_many_queries_however_much_there_is(django_assert_num_queries, django_assert_max_num_queries):
    few, _, _ = a_scored_wave(applications=1, reviewers=1)
    many, _, _ = a_scored_wave(applications=12, reviewers=6)
    with django_assert_max_num_queries(19) as counted:
        queries.propose(the_phase(few))
    with django_assert_num_queries(len(counted)):
        queries.propose(the_phase(many))


def test_the_page_shows_the_plan_and_gives_it_out():
    wave, _applications, panel = a_scored_wave()
    client = make_client(a_manager())
    page = client.get(f"/selection/{wave.slug}/give-out/").content.decode()
    assert "8 more reviews are needed now" in page and "Reviewer 0" in page
    assert client.post(f"/selection/{wave.slug}/give-out/", {"fingerprint": "stale"}).status_code == 409
    assert client.post(f"/selection/{wave.slug}/give-out/", {}).status_code == 422
    assert not Assignment.objects.exists()
    fingerprint = queries.propose(the_phase(wave)).fingerprint
    assert (
        client.post(f"/selection/{wave.slug}/give-out/", {"fingerprint": fingerprint}).url
        == f"/selection/{wave.slug}/panel/"
    )
    page = client.get(f"/selection/{wave.slug}/panel/").content.decode()
    assert "0 of 8 reviews are in" in page and panel[0].name in page


def test_what_reviewers_know_about_and_have_room_for_shows_where_reviews_are_given_out():
    wave, applications, (full, free) = a_scored_wave(applications=2, reviewers=2)
    a_seat(full, wave, room=1, knows=["digital", "business"])
    a_seat(free, wave, room=9)
    an_assignment(applications[1], full)
    client = make_client(a_manager())
    plan = client.get(f"/selection/{wave.slug}/give-out/").content.decode()
    words = "knows about: " + ", ".join(review_queries.kinds_in_words({"digital", "business"}))
    assert words in plan
    page = client.get(f"/selection/application/{applications[0].pk}/").content.decode()
    assert words in page and "has 1, room for 1" in page and "has 0, room for 9" in page
    assert page.index("has 0, room for 9") < page.index("has 1, room for 1"), "who has room comes first"


# Seats and conflicts


def test_nobody_reads_anything_before_the_promise():
    application, reviewer = an_application(), a_reviewer()
    assignment = an_assignment(application, reviewer)
    wave = application.wave
    PanelSeat.objects.all().delete()
    client = make_client(reviewer)
    seat = f"/reviews/panel/{wave.slug}/"
    asked = client.get(f"/reviews/{assignment.pk}/").url
    assert asked.startswith(f"{seat}?next=")
    assert client.post(f"/reviews/{assignment.pk}/take/").url == asked, "pressed once, then on to reading it"
    with pytest.raises(NotAllowed, match="promise to keep it to yourself"):
        review.accept_assignment(by=reviewer, assignment=assignment)
    for bad in ({"room": "7"}, {"room": "-1", "promises": "on"}, {"room": "many", "promises": "on"}):
        assert client.post(seat, bad).status_code == 422
    assert not PanelSeat.objects.exists()
    promised = client.post(asked, {"room": "7", "promises": "on", "knows": ["digital"]})
    assert promised.url == f"/reviews/{assignment.pk}/", "on to what she was about to read"
    for elsewhere in ("", "?next=//evil.example/", "?next=https://evil.example/"):
        assert client.post(seat + elsewhere, {"room": "7", "knows": ["digital"]}).url == "/reviews/"
    kept = PanelSeat.objects.get()
    assert (kept.room, kept.knows, kept.promised_at is not None) == (7, ["digital"], True)
    assert "out of reach" in client.get(promised.url).content.decode()
    assignment.refresh_from_db()
    assert (assignment.state, assignment.opened_at is not None) == ("accepted", True)
    assert client.post(f"/reviews/{assignment.pk}/take/").url == f"/reviews/{assignment.pk}/"
    assert client.post(seat, {"room": "0"}).status_code == 302  # later changes ask for no second promise
    assert PanelSeat.objects.get().promised_at == kept.promised_at


def test_a_reviewer_of_another_wave_has_no_seat_here():
    elsewhere = a_person(role="reviewer", scope=a_wave().pk)
    assert make_client(elsewhere).get(f"/reviews/panel/{a_wave().slug}/").status_code == 404


def test_who_is_named_by_address_blocks_once_they_are_here_and_nobody_is_told_whether_they_are():
    reviewer, application = a_reviewer(), an_application()
    client = make_client(reviewer)
    here = client.post("/reviews/declared/", {"email": application.lead.email.upper()}, follow=True).content.decode()
    not_here = client.post("/reviews/declared/", {"email": "nobody@nowhere.example"}, follow=True).content.decode()
    assert application.lead.name not in here
    assert here.count("We have noted it") == not_here.count("We have noted it") == 1
    assert conflicts(application, [reviewer.pk])[reviewer.pk] == [rules.DECLARED]
    later = a_person(email="nobody@nowhere.example")
    assert conflicts(an_application(later), [reviewer.pk])[reviewer.pk] == [rules.DECLARED]
    assert client.post("/reviews/declared/", {}).status_code == 422
    declared = reviewer.declared_conflicts.get(email=application.lead.email.lower())
    with pytest.raises(Missing):
        allocation.take_back_declared(by=a_reviewer(), declared_id=declared.pk)
    client.post(f"/reviews/declared/{declared.pk}/take-back/")
    assert conflicts(application, [reviewer.pk])[reviewer.pk] == []


# Reminding


def test_those_with_something_open_are_reminded_once_a_day():
    wave, _applications, panel = a_scored_wave(applications=2, reviewers=2)
    given_out(wave)
    client = make_client(a_manager())
    url = f"/selection/{wave.slug}/panel/"
    assert client.post(url, {}).status_code == 422
    assert client.post(url, {"reviewers": [str(a_person().pk)]}).status_code == 422
    for _ in range(2):
        assert client.post(url, {"reviewers": [str(panel[0].pk)]}).status_code == 302
    nudge = OutboxMessage.objects.get(kind="review_due")
    assert (nudge.user, nudge.subject) == (panel[0], "2 reviews wait for you")
    with pytest.raises(NotAllowed):
        allocation.nudge(by=panel[0], phase=the_phase(wave), reviewer_ids=[panel[1].pk])


def test_the_panel_page_shows_agreement_and_strictness_as_stated():
    wave, applications, (first, second) = a_scored_wave(applications=2, reviewers=2)
    for application, scores in zip(applications, [(1, 2), (3, 4)], strict=True):
        for reviewer, score in zip((first, second), scores, strict=True):
            a_review(application, score, reviewer)
    rows = {row.reviewer: row for row in queries.panel(the_phase(wave), of_phase(the_phase(wave)))}
    assert rows[first].strictness == pytest.approx(2.5 / 2) and rows[second].strictness == pytest.approx(2.5 / 3)
    page = make_client(a_manager()).get(f"/selection/{wave.slug}/panel/").content.decode()
    assert "1.25" in page and "0.83" in page and "Krippendorff" in page
    table = moderation(wave, the_phase(wave))[:]
    assert [row.place for row in table] == [row.adjusted_place for row in table] == [1, 2]
    assert table[0].adjusted == pytest.approx((3 * 1.25 + 4 * 2.5 / 3) / 2)


# Moving in bulk


def test_several_are_moved_at_once_and_the_move_is_taken_back_with_letters_as_they_were():
    wave, applications, _panel = a_scored_wave(applications=3)
    manager = a_manager()
    decisions.decide(by=manager, application=applications[0], outcome="reserve")
    letters.edit_letter(by=manager, application=applications[0], letter="My own words.", signed_as="Mo M")
    client = make_client(manager)
    ids = [str(one.pk) for one in applications[:2]]
    for _ in range(2):
        assert (
            client.post(
                f"/selection/{wave.slug}/move/", {"applications": ids, "outcome": "decline", "key": KEY}
            ).status_code
            == 302
        )
    assert set(Decision.objects.values_list("outcome", flat=True)) == {"decline"}
    move = BulkMove.objects.get()
    page = client.get(f"/selection/{wave.slug}/").content.decode()
    assert "Last move: 2 applications to “Decline”" in page
    for _ in range(2):
        client.post(f"/selection/{wave.slug}/move/{move.pk}/undo/")
    kept = Decision.objects.get()
    assert (kept.application, kept.outcome, kept.letter, kept.signed_as) == (
        applications[0],
        "reserve",
        "My own words.\n",
        "Mo M",
    )
    assert "Take this move back" not in client.get(f"/selection/{wave.slug}/").content.decode()


def test_a_move_is_not_taken_back_once_a_letter_has_gone_and_later_decisions_stay():
    wave, applications, _panel = a_scored_wave(applications=2)
    manager = a_manager()
    move = decisions.decide_many(
        by=manager, wave=wave, application_ids=[one.pk for one in applications], outcome="decline", key="one"
    )
    decisions.decide(by=manager, application=applications[1], outcome="reserve")
    letters.send_letters(by=manager, applications=[applications[0]])
    with pytest.raises(DomainError, match="A letter of these has gone"):
        decisions.undo_move(by=manager, move=move)
    assert sorted(Decision.objects.values_list("outcome", flat=True)) == ["decline", "reserve"]
    with pytest.raises(DomainError, match="letter has gone"):
        decisions.decide_many(
            by=manager, wave=wave, application_ids=[applications[0].pk, applications[1].pk], outcome="accept", key="two"
        )
    assert sorted(Decision.objects.values_list("outcome", flat=True)) == ["decline", "reserve"]


def test_a_move_of_nothing_of_somebody_elses_or_without_an_outcome_moves_nothing():
    wave, applications, _panel = a_scored_wave(applications=1)
    other = an_application()
    client, url = make_client(a_manager()), f"/selection/{wave.slug}/move/"
    for data in (
        {"outcome": "decline"},
        {"outcome": "maybe", "applications": [str(applications[0].pk)]},
        {"outcome": "decline", "applications": ["x"]},
        {"outcome": "decline", "applications": [str(applications[0].pk), str(other.pk)]},
    ):
        assert client.post(url, data | {"key": KEY}).status_code == 422
    assert not Decision.objects.exists()
    with pytest.raises(NotAllowed):
        decisions.decide_many(
            by=a_reviewer(), wave=wave, application_ids=[applications[0].pk], outcome="decline", key="x"
        )
    with pytest.raises(Invalid):
        decisions.decide_many(by=a_manager(), wave=wave, application_ids=[], outcome="decline", key="x")


def test_the_table_costs_as_many_queries_however_many_rows(django_assert_num_queries):
    client = make_client(a_manager())

    def a_table(rows):
        wave, applications, _panel = a_scored_wave(applications=rows, reviewers=1)
        for application in applications:
            a_review(application, 3, a_reviewer())
        return f"/selection/{wave.slug}/"

    few, many = a_table(2), a_table(9)
    for url in (few, many):  # the first look makes what is then kept
        client.get(url)
    with CaptureQueriesContext(connection) as counted:
        client.get(few)
    with django_assert_num_queries(len(counted)):
        client.get(many)


# Redaction, notes, export


def test_what_a_manager_took_out_no_reviewer_reads_and_blank_stays_blank():
    wave = a_wave()
    draft = a_full_draft(wave=wave, problem="On Kingfisher ward, where I won the Gannet prize, cups are out of reach.")
    answer(draft, idea="Only I have the purple trolley.")
    application = apply.submit(by=draft.lead, application=draft)
    assignment = an_assignment(application)
    manager, home = a_manager(), f"/selection/application/{application.pk}/"
    client, reader = make_client(manager), make_client(assignment.reviewer)
    before = reader.get(f"/reviews/{assignment.pk}/").content.decode()
    assert "Gannet prize" in before and "purple trolley" in before
    client.post(home + "redact/problem/", {"text": "On a ward, cups are out of reach."})
    client.post(home + "redact/idea/", {"text": ""})
    after = reader.get(f"/reviews/{assignment.pk}/").content.decode()
    assert "On a ward, cups are out of reach." in after
    assert "Gannet" not in after and "Kingfisher" not in after and "purple" not in after
    table = b"".join(client.get(f"/selection/{wave.slug}/export.csv").streaming_content).decode()
    assert "On a ward" in table and "Gannet" not in table and "purple" not in table
    theirs = make_client(application.lead).get(f"/applications/{application.pk}/").content.decode()
    managers = client.get(home).content.decode()
    assert "Gannet prize" in managers and "purple trolley" in managers
    assert "Gannet" in theirs or "Gannet" in managers  # the original stays
    client.post(home + "redact/idea/", {"show": "1"})
    assert "purple trolley" in reader.get(f"/reviews/{assignment.pk}/").content.decode()


def test_only_free_text_that_reviewers_see_is_redacted_and_only_by_a_manager_of_the_wave():
    application = an_application()
    close_call(application.wave)
    client, home = make_client(a_manager()), f"/selection/application/{application.pk}/redact/"
    assert client.get(home + "stage/").status_code == 404
    assert client.get(home + "nothing/").status_code == 404
    assert client.post(home + "problem/", {"text": "x" * 20_001}).status_code == 422
    with pytest.raises(NotAllowed):
        review.redact(by=a_reviewer(), application=application, key="problem", text="")
    assert not application.answers.exclude(redacted=None).exists()


def test_the_export_names_nobody_and_starts_no_formula():
    wave = a_wave()
    lead = a_person("Ottoline Featherstone")
    an_application(lead, wave, problem="=HYPERLINK(1) Ottoline Featherstone saw cups out of reach")
    close_call(wave)
    text = b"".join(make_client(a_manager()).get(f"/selection/{wave.slug}/export.csv").streaming_content).decode()
    assert "saw cups out of reach" in text and "'=HYPERLINK" in text
    assert "Ottoline" not in text and "Featherstone" not in text and lead.email not in text


def test_notes_are_for_managers_and_a_second_click_writes_one():
    application = an_application()
    assignment = an_assignment(application)
    client, home = make_client(a_manager("Mo Manager")), f"/selection/application/{application.pk}/"
    assert client.post(home + "note/", {"text": "", "key": KEY}).status_code == 422
    for _ in range(2):
        client.post(home + "note/", {"text": "Ask about the trolley budget.", "key": KEY})
    assert client.get(home).content.decode().count("Ask about the trolley budget.") == 1
    for other in (assignment.reviewer, application.lead):
        page = make_client(other)
        for url in (f"/reviews/{assignment.pk}/", f"/applications/{application.pk}/", home):
            assert "trolley budget" not in page.get(url).content.decode()


def test_a_long_table_is_paged_and_the_line_lies_under_the_last_place(monkeypatch):
    monkeypatch.setattr(moderation_views, "ROWS_A_PAGE", 2)
    wave, applications, _panel = a_scored_wave(applications=3)
    type(wave).objects.filter(pk=wave.pk).update(capacity=2)
    for application, score in zip(applications, (5, 4, 3), strict=True):
        a_review(application, score, a_reviewer())
    client = make_client(a_manager())
    first, second = (client.get(f"/selection/{wave.slug}/?page={page}").content.decode() for page in (1, 2))
    assert "3 applications." in first and "3 applications." in second
    assert applications[0].reference in first and applications[2].reference not in first
    assert applications[2].reference in second and applications[0].reference not in second
    assert "oda-cut" in first and "oda-cut" not in second
