"""Calibration: one sample that everybody scores before their first application, and that counts for nothing."""

import pytest
from django.db import IntegrityError, transaction

from accelerator.actions import review, samples
from accelerator.models import Assignment, Sample, SampleReview, SampleScore
from accelerator.queries import samples as queries
from accelerator.queries.agreement import of_phase
from accelerator.queries.allocation import panel
from accelerator.queries.moderation import moderation
from accelerator.queries.review import my_reviews
from tests.accelerator.factories import (
    a_manager,
    a_person,
    a_review,
    a_reviewer,
    a_seat,
    a_wave,
    an_application,
    an_assignment,
    the_phase,
)
from tests.accelerator.review.factories import a_sample
from tests.matrix import make_client
from ui.errors import DomainError, Invalid, Missing, NotAllowed

pytestmark = pytest.mark.django_db
KEYS = ("need", "inequality", "idea", "soon", "learning")


def scored(sample, reviewer, score, **more):
    a_seat(reviewer, sample.phase.wave)
    return samples.score_sample(by=reviewer, sample=sample, scores=dict.fromkeys(KEYS, score) | more)


def test_the_first_application_opens_only_after_the_sample_and_then_others_scores_show_without_names():
    application = an_application()
    assignment = an_assignment(application)
    reviewer, sample = assignment.reviewer, a_sample(application.wave)
    other = a_reviewer("Oda Other")
    scored(sample, other, 4, idea="abstain")
    client, real, first = make_client(reviewer), f"/reviews/{assignment.pk}/", f"/reviews/sample/{sample.pk}/"
    for _ in range(2):
        assert client.get(real).url == first
    assert client.post(f"/reviews/{assignment.pk}/take/", follow=True).redirect_chain[-1][0] == first
    with pytest.raises(NotAllowed, match="score the sample"):
        review.opened(by=reviewer, assignment=assignment)
    with pytest.raises(NotAllowed, match="score the sample"):
        review.save_review(by=reviewer, assignment=assignment, scores={"need": 3})
    before = client.get(first).content.decode()
    assert "Clocks on the ward" in before and "4 once" not in before and "Oda" not in before
    missing = client.post(first, {f"score_{key}": "2" for key in KEYS[:-1]})
    assert missing.status_code == 422 and not SampleReview.objects.filter(reviewer=reviewer).exists()
    for _ in range(2):
        assert client.post(first, {f"score_{key}": "2" for key in KEYS}).status_code in (200, 302)
    assert SampleReview.objects.filter(reviewer=reviewer).count() == 1
    after = client.get(first).content.decode()
    assert "2 once · 4 once" in after and "1 could not judge" in after and "Oda" not in after
    assert "Your total is 2.00 of 5. All totals lie between 2.00 and 4.00." in after
    assert client.get(real).status_code == 200


def test_the_sample_counts_for_no_mean_no_agreement_and_no_progress():
    application = an_application()
    readers = [a_reviewer(), a_reviewer()]
    sample = a_sample(application.wave)
    for reader, score in zip(readers, (0, 5), strict=True):
        scored(sample, reader, score)
        a_review(application, 3 if score else 4, reader)
    phase = the_phase(application.wave)
    (row,) = moderation(application.wave, phase)[:]
    assert (row.spread.n, row.spread.mean) == (2, 3.5)
    scores = [score for one in Assignment.objects.all() for score in one.scores.values_list("score", flat=True)]
    assert sorted(set(scores)) == [3, 4]
    assert [one.done for one in panel(phase, of_phase(phase))] == [1, 1]
    assert my_reviews(readers[0]).total == 1


def test_whoever_had_begun_before_the_sample_came_goes_on():
    application = an_application()
    assignment = an_assignment(application)
    review.opened(by=assignment.reviewer, assignment=assignment)
    a_sample(application.wave)
    assert make_client(assignment.reviewer).get(f"/reviews/{assignment.pk}/").status_code == 200


def test_once_somebody_has_scored_it_the_sample_stays():
    wave, manager = a_wave(), a_manager()
    sample = a_sample(wave, manager)
    samples.set_sample(by=manager, phase=sample.phase, text="Another one.", agreed=True)
    assert Sample.objects.get().text == "Another one."
    scored(sample, a_reviewer(), 3)
    for late in (
        lambda: samples.set_sample(by=manager, phase=sample.phase, text="A third.", agreed=True),
        lambda: samples.drop_sample(by=manager, phase=sample.phase),
    ):
        with pytest.raises(DomainError, match="Somebody has scored the sample"):
            late()
    page = make_client(manager).get(f"/selection/{wave.slug}/sample/").content.decode()
    assert "1 reviewer has scored it." in page and "3 once" in page


def test_a_manager_begins_with_the_masked_text_of_an_application_and_must_say_that_it_is_allowed():
    wave = a_wave()
    application = an_application(
        a_person("Ottoline Featherstone"), wave, problem="Ottoline Featherstone saw full cups."
    )
    client, url = make_client(a_manager()), f"/selection/{wave.slug}/sample/"
    page = client.get(f"{url}?from={application.reference}").content.decode()
    assert "[removed] saw full cups." in page and "Ottoline" not in page
    assert "full cups" not in client.get(f"{url}?from=nothing").content.decode()
    for bad in ({"text": "Cups."}, {"text": "", "agreed": "on"}, {"text": "x" * 20_001, "agreed": "on"}):
        assert client.post(url, bad).status_code == 422
    assert not Sample.objects.exists()
    assert client.post(url, {"text": "Cups.", "agreed": "on"}).url == f"/selection/{wave.slug}/panel/"
    for _ in range(2):
        client.post(url, {"drop": "1"})
    assert not Sample.objects.exists()


def test_only_managers_of_the_wave_choose_it_and_only_its_reviewers_who_promised_score_it():
    wave = a_wave()
    sample = a_sample(wave)
    elsewhere = a_person(role="portfolio_manager", scope=a_wave().pk)
    for by in (elsewhere, a_reviewer(), a_person()):
        with pytest.raises(NotAllowed):
            samples.set_sample(by=by, phase=sample.phase, text="x", agreed=True)
        with pytest.raises(NotAllowed):
            samples.drop_sample(by=by, phase=sample.phase)
    scores = dict.fromkeys(KEYS, 3)
    for by in (a_person(), a_person(role="reviewer", scope=a_wave().pk)):
        with pytest.raises(Missing):
            samples.score_sample(by=by, sample=sample, scores=scores)
    with pytest.raises(NotAllowed):
        samples.score_sample(by=a_reviewer(), sample=sample, scores=scores)
    reviewer = a_reviewer()
    a_seat(reviewer, wave)
    for bad in ({"need": 3}, scores | {"need": 6}, scores | {"need": -1}, scores | {"need": None}):
        with pytest.raises(Invalid):
            samples.score_sample(by=reviewer, sample=sample, scores=bad)
    assert not SampleReview.objects.exists()


def test_the_database_keeps_one_review_a_reviewer_and_scores_from_0_to_5():
    made = scored(a_sample(a_wave()), a_reviewer(), 3)
    with pytest.raises(IntegrityError), transaction.atomic():
        SampleReview.objects.create(sample=made.sample, reviewer=made.reviewer)
    with pytest.raises(IntegrityError), transaction.atomic():
        SampleScore.objects.filter(review=made).update(score=6)
    with pytest.raises(IntegrityError), transaction.atomic():
        SampleScore.objects.create(review=made, criterion=made.scores.first().criterion, score=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        Sample.objects.update(text="")


def test_comparing_costs_the_same_for_few_and_many(django_assert_num_queries):
    sample = a_sample(a_wave())
    for count in (1, 5):
        for _ in range(count):
            scored(sample, a_reviewer(), 3)
        fresh = Sample.objects.select_related("phase__rubric").get(pk=sample.pk)
        with django_assert_num_queries(3):
            queries.compared(fresh)
