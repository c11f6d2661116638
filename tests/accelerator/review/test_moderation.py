"""The moderation table: the database's numbers are those of the rules, what is kept is made again when it must be, and what is
asked for is what comes."""

import csv
import html
import io
import random
import zipfile
from collections import defaultdict
from xml.etree import ElementTree

import pytest

from accelerator.actions import apply, decisions, review
from accelerator.models import Score
from accelerator.queries.agreement import of_phase, totals_by_reviewer
from accelerator.queries.moderation import Asked, moderation
from accelerator.rules import agreement
from accelerator.rules import review as rules
from tests.accelerator.factories import (
    a_manager,
    a_person,
    a_review,
    a_reviewer,
    a_wave,
    an_application,
    close_call,
    the_phase,
)
from tests.matrix import make_client

pytestmark = pytest.mark.django_db


def a_read_wave(applications, reviewers):
    """A wave with applications and reviewers; nothing read."""
    wave = a_wave()
    found = [an_application(wave=wave) for _ in range(applications)]
    panel = [a_reviewer() for _ in range(reviewers)]
    return close_call(wave), found, panel


def table(wave, **asked):
    return moderation(wave, the_phase(wave), Asked(**asked))[:]


def test_the_databases_numbers_are_those_of_the_rules():
    wave, applications, panel = a_read_wave(7, 4)
    chosen = random.Random(5)
    for application in applications[:6]:
        for reviewer in chosen.sample(panel, chosen.randint(1, 4)):
            done = a_review(application, 3, reviewer)
            for score in done.scores.all():
                given = chosen.choice([0, 1, 2, 3, 4, 5, None])
                Score.objects.filter(pk=score.pk).update(score=given, abstained=given is None)
    phase = the_phase(wave)
    units, by_hand = defaultdict(list), defaultdict(dict)
    for assignment in phase.assignments.all():
        scores = list(assignment.scores.select_related("criterion"))
        by_hand[assignment.application_id][assignment.reviewer_id] = rules.weighted_total(
            [(score.criterion.weight, score.score) for score in scores]
        )
        for score in scores:
            units[assignment.application_id, score.criterion_id].append(score.score)
    assert len({len(of_one) for of_one in by_hand.values()}) > 1  # alone and together
    assert of_phase(phase).alpha == pytest.approx(agreement.krippendorff(units.values()))
    assert of_phase(phase).strictness == pytest.approx(agreement.strictness(by_hand))
    adjusted = agreement.adjusted(by_hand)
    places, adjusted_places = (
        agreement.places({pk: rules.spread(list(of_one.values())).mean for pk, of_one in by_hand.items()}),
        agreement.places(adjusted),
    )
    rows = table(wave)
    assert len(rows) == 7 and rows[-1].spread == rules.Spread(0, None, None, None)
    for row in rows[:6]:
        spread = rules.spread(list(by_hand[row.pk].values()))
        assert row.spread.n == spread.n
        assert (row.spread.mean, row.spread.median) == pytest.approx((spread.mean, spread.median))
        assert row.spread.sd == (None if spread.sd is None else pytest.approx(spread.sd))
        assert row.adjusted == pytest.approx(adjusted[row.pk])
        assert (row.place, row.adjusted_place) == (places[row.pk], adjusted_places[row.pk])


def test_what_is_kept_is_made_again_when_a_review_comes_in_and_when_an_application_is_taken_back(
    django_assert_num_queries,
):
    wave, applications, (first, second, third) = a_read_wave(2, 3)
    phase = the_phase(wave)
    assert of_phase(phase).alpha is None
    for application, scores in zip(applications, [(1, 2), (3, 5)], strict=True):
        for reviewer, score in zip((first, second), scores, strict=True):
            a_review(application, score, reviewer)
    before = of_phase(phase)
    with django_assert_num_queries(1):
        assert of_phase(phase) == before
    a_review(applications[0], 5, third)
    after = of_phase(phase)
    assert after.alpha < before.alpha and third.pk in after.strictness
    apply.withdraw(by=applications[1].lead, application=applications[1])
    assert of_phase(phase).strictness != after.strictness
    assert list(totals_by_reviewer(phase)) == [applications[0].pk]


def test_equal_means_share_a_place_in_whatever_order_they_came():
    wave, applications, panel = a_read_wave(3, 3)
    for application, scores in zip(applications, [(1, 5, 3), (5, 3, 1), (2, 2, 2)], strict=True):
        for reviewer, score in zip(panel, scores, strict=True):
            a_review(application, score, reviewer)
    assert [row.place for row in table(wave)] == [1, 1, 3]


def test_the_table_shows_what_is_asked_for_and_the_download_too():
    wave, (open_, declined, unread), (reader, other) = a_read_wave(3, 2)
    manager = a_manager()
    for application in (open_, declined):
        a_review(application, 3, reader)
        a_review(application, 4, other)
    decisions.decide(by=manager, application=declined, outcome="decline")
    assert [row.pk for row in table(wave, standing="decline")] == [declined.pk]
    assert {row.pk for row in table(wave, standing="open")} == {open_.pk, unread.pk}
    assert [row.pk for row in table(wave, short=True)] == [unread.pk]
    client, home = make_client(manager), f"/selection/{wave.slug}/"

    def shown(query):
        pages = client.get(home + query).content.decode(), *client.get(f"{home}export.csv{query}").streaming_content
        page, download = pages[0], b"".join(pages[1:]).decode()
        found = [
            {one.reference for one in (open_, declined, unread) if one.reference in text} for text in (page, download)
        ]
        assert found[0] == found[1]
        return found[0]

    assert shown("") == shown("?standing=nonsense&short=2&phase=x") == {a.reference for a in (open_, declined, unread)}
    assert shown("?standing=decline") == {declined.reference}
    assert shown("?standing=accept") == set()
    assert "No application is like that." in client.get(f"{home}?standing=accept").content.decode()
    assert shown("?short=1&standing=open") == {unread.reference}


def test_the_spreadsheet_has_what_the_csv_has_and_names_and_calculates_nothing():
    wave = a_wave()
    lead = a_person("Ottoline Featherstone")
    application = an_application(lead, wave, problem="=HYPERLINK(1) Ottoline Featherstone saw cups\x0b out of reach")
    another = an_application(wave=wave)
    close_call(wave)
    a_review(application, 4)
    client, home = make_client(a_manager()), f"/selection/{wave.slug}/"
    answer = client.get(f"{home}export.xlsx?sort=score")
    assert answer["Content-Disposition"] == f'attachment; filename="applications-{wave.slug}.xlsx"'
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        everything = "".join(book.read(name).decode() for name in book.namelist())
    assert "<f>" not in sheet and "<hyperlink" not in sheet
    for secret in ("Ottoline", "Featherstone", lead.email):
        assert secret not in everything
    ElementTree.fromstring(sheet)  # well-formed, control characters and all
    assert "=HYPERLINK(1) [removed] saw cups" in sheet and "<v>4</v>" in sheet
    assert sheet.index(application.reference) < sheet.index(another.reference)
    table = b"".join(client.get(f"{home}export.csv").streaming_content).decode()
    for title in next(csv.reader(io.StringIO(table.removeprefix("\ufeff")))):
        assert html.escape(title, quote=False) in sheet


def test_each_scoring_phase_has_its_own_numbers():
    wave, (application,), (reader, other) = a_read_wave(1, 2)
    a_review(application, 2, reader)
    phase = the_phase(wave)
    later = type(phase).objects.create(
        wave=wave, position=9, kind="score", internal_label="Second reading", public_label="Being read",
        starts=phase.starts, ends=phase.ends, rubric=phase.rubric,
    )  # fmt: skip
    again = review.assign(by=a_manager(), phase=later, application=application, reviewer=other)
    page = make_client(a_manager()).get(f"/selection/{wave.slug}/").content.decode()
    assert "Scores of" in page and "2.00" not in page and "(+1)" in page
    page = make_client(a_manager()).get(f"/selection/{wave.slug}/?phase={phase.pk}").content.decode()
    assert "2.00" in page and "(+1)" not in page
    assert again.phase == later


def test_a_refused_move_leads_back_to_the_table_as_it_was_asked_for():
    wave, (application,), _panel = a_read_wave(1, 0)
    client = make_client(a_manager())
    key = "0e2fba5e-31ad-4f0d-8f4c-3a4f8a7b1c55"
    url = f"/selection/{wave.slug}/move/?sort=reference"
    assert client.post(url, {"outcome": "decline", "key": key}).status_code == 422
    assert client.get(url).url == f"/selection/{wave.slug}/?sort=reference"
    moved = client.post(url, {"outcome": "decline", "key": key, "applications": [str(application.pk)]})
    assert moved.url == f"/selection/{wave.slug}/?sort=reference"
