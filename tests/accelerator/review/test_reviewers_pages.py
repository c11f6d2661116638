"""What a reviewer has before her: drafts that keep themselves, what each idea is, what she gave, what she flagged."""

import datetime as dt

import pytest
from django.utils import timezone

from accelerator.actions import apply, letters, quarantine, review, triage
from accelerator.models import Assignment, PanelSeat, PatientFlag, Score
from accelerator.queries import allocation
from accelerator.queries import review as queries
from accelerator.queries.agreement import of_phase
from accelerator.reminders_apply import reviews_due
from people.models import RoleGrant
from tests.accelerator.apply.test_pages import as_, page_of
from tests.accelerator.apply.test_phone import as_staff
from tests.accelerator.factories import (
    a_decision,
    a_full_draft,
    a_manager,
    a_person,
    a_review,
    a_reviewer,
    a_wave,
    an_application,
    an_assignment,
    an_upload,
    close_call,
    the_phase,
)
from tests.accelerator.innovations.factories import a_funded_wave
from tests.accelerator.review.factories import a_declined, a_sample
from ui.errors import NotAllowed

pytestmark = pytest.mark.django_db
HIDDEN = "Wilhelmina"


def read_by(reviewer, application):
    assignment = an_assignment(application, reviewer)
    review.accept_assignment(by=reviewer, assignment=assignment)
    return assignment


# Drafts


def test_what_stands_on_the_page_is_kept_without_a_click():
    assignment = read_by(a_reviewer(), an_application())
    client, way = as_(assignment.reviewer), f"/reviews/{assignment.pk}/keep/"
    assert f'data-autosave="{way}"' in page_of(client.get(f"/reviews/{assignment.pk}/"))
    for _ in range(2):
        answer = client.post(
            way, {"score_need": "4", "score_idea": "abstain", "for_applicant": "I like", "for_panel": ""}
        )
        assert answer.status_code == 200
        assert answer.content.decode().startswith("Saved at ")
    page = page_of(client.get(f"/reviews/{assignment.pk}/"))
    assert "I like" in page
    assert Score.objects.filter(assignment=assignment).count() == 2
    assert Assignment.objects.get(pk=assignment.pk).state == "accepted"


def test_keeping_says_in_one_line_why_it_cannot():
    application = an_application()
    assignment = read_by(a_reviewer(), application)
    client, way = as_(assignment.reviewer), f"/reviews/{assignment.pk}/keep/"
    long = client.post(way, {"for_applicant": "x" * 5001})
    assert (long.status_code, long["Content-Type"]) == (422, "text/plain; charset=utf-8")
    assert client.post(way, {"score_need": "9"}).status_code == 422
    assert not Score.objects.exists()
    assert as_(a_reviewer()).post(way, {"score_need": "3"}).status_code == 404
    assert client.get(way).status_code == 405
    PanelSeat.objects.update(promised_at=None)
    assert client.post(way, {"score_need": "3"}).status_code == 403
    PanelSeat.objects.all().delete()
    done = a_review(an_application(), 3)
    after = as_(done.reviewer).post(f"/reviews/{done.pk}/keep/", {"score_need": "0"})
    assert (after.status_code, "handed this review in" in after.content.decode()) == (409, True)
    review.recuse(by=assignment.reviewer, assignment=assignment)
    gone = client.post(way, {"score_need": "3"})
    assert (gone.status_code, "nothing to score any more" in gone.content.decode()) == (409, True)


# What each is about


def test_each_card_says_the_idea_without_names_once_she_has_promised():
    reviewer = a_reviewer()
    lead = a_person(f"{HIDDEN} Writer")
    application = an_application(lead, sentence=f"{HIDDEN}'s bigger clocks for the ward")
    assignment = an_assignment(application, reviewer)
    client = as_(reviewer)
    page = page_of(client.get("/reviews/"))
    assert "bigger clocks for the ward" in page
    assert HIDDEN not in page
    PanelSeat.objects.filter(reviewer=reviewer).update(promised_at=None)
    assert "bigger clocks" not in page_of(client.get("/reviews/")), "nothing is read before the promise"
    PanelSeat.objects.filter(reviewer=reviewer).update(promised_at=assignment.assigned_at)
    manager = a_manager()
    review.redact(by=manager, application=application, key="sentence", text="Clocks")
    assert queries.ideas(reviewer, [assignment]) == {application.pk: "Clocks"}
    review.redact(by=manager, application=application, key="sentence", text="")
    assert "bigger clocks" not in page_of(client.get("/reviews/"))
    assignment.phase.question_keys = ["problem"]
    assert queries.ideas(reviewer, [assignment]) == {}


def test_how_it_came_out_says_what_each_was():
    application = an_application(a_person(f"{HIDDEN} Writer"), sentence=f"{HIDDEN} wants bigger clocks")
    done = a_review(application)
    a_declined(application=application)
    page = page_of(as_(done.reviewer).get(f"/reviews/outcomes/{application.wave.slug}/"))
    assert "wants bigger clocks" in page
    assert HIDDEN not in page


def test_the_count_is_of_the_wave_that_she_reads_in_now():
    reviewer = a_reviewer()
    for _ in range(3):
        a_review(an_application(), reviewer=reviewer)
    wave = a_wave()
    first, second = an_application(wave=wave), an_application(wave=wave)
    a_review(first, reviewer=reviewer)
    an_assignment(second, reviewer)
    mine = queries.my_reviews(reviewer)
    assert (mine.done, mine.total, mine.left, len(mine.handed_in)) == (1, 2, 1, 4)
    page = page_of(as_(reviewer).get("/reviews/"))
    assert "1 of 2 done" in page
    assert "4 reviews that you have handed in" in page


def test_nobody_is_asked_to_read_what_has_its_letter():
    reviewer, wave = a_reviewer(), a_funded_wave()
    decided, open_one, another = (an_application(wave=wave) for _number in range(3))
    for application in (decided, open_one):
        read_by(reviewer, application)
    a_decision(decided, "decline")
    assert queries.my_reviews(reviewer).left == 2  # a decision whose letter has not gone may still change
    letters.send_letters(by=a_manager(), applications=[decided])
    assert [row.application_id for row in queries.my_reviews(reviewer).waiting] == [open_one.pk]
    assert "1 application to read" in page_of(as_(reviewer).get("/home/"))
    phase = the_phase(wave)
    assert [one.context["count"] for one in reviews_due(phase.ends - dt.timedelta(days=1))] == [1]
    assert [one.open for one in allocation.panel(phase, of_phase(phase))] == [1]
    [seen] = [one for one in queries.candidates(another) if one.user == reviewer]
    assert (seen.open_reviews, seen.given) == (1, 1)
    gone = as_(reviewer).get(f"/reviews/{decided.assignments.get().pk}/")
    assert (gone.status_code, "it is decided" in gone.content.decode()) == (409, True)


def test_before_scoring_opens_a_draft_is_all_that_can_be_saved():
    assignment = read_by(a_reviewer(), an_application())
    phase, client, url = assignment.phase, as_(assignment.reviewer), f"/reviews/{assignment.pk}/"
    assert "Hand in my review" in page_of(client.get(url))
    type(phase).objects.filter(pk=phase.pk).update(starts=timezone.now() + dt.timedelta(days=1))
    page = page_of(client.get(url))
    assert "Hand in my review" not in page and "Save a draft" in page


def test_the_list_costs_the_same_for_two_and_for_twenty(django_assert_num_queries):
    reviewer, wave = a_reviewer(), a_wave()
    applications = [an_application(wave=wave) for _ in range(20)]
    close_call(wave)
    for part in (applications[:2], applications[2:]):
        for one in part:
            an_assignment(one, reviewer)
        with django_assert_num_queries(4):  # the reviews, promises, names to leave out, ideas
            queries.my_reviews(reviewer, with_ideas=True)


def test_she_sees_what_she_gave_and_can_look_at_the_sample_again():
    application = an_application()
    sample = a_sample(application.wave)
    sample.reviews.create(reviewer=(reviewer := a_reviewer()))
    done = a_review(application, {"need": 4, "inequality": 3, "idea": 2, "soon": "abstain", "learning": 5}, reviewer,
                    for_panel="Near what the bank does.")  # fmt: skip
    page = page_of(as_(reviewer).get(f"/reviews/{done.pk}/"))
    for words in ("The need, and who has it: <strong>4</strong>", "could not judge", "Near what the bank does."):
        assert words in page
    assert f"/reviews/sample/{sample.pk}/" in page_of(as_(reviewer).get("/reviews/"))


# Files that name a patient


def test_a_reviewer_says_that_a_file_names_a_patient_and_it_is_gone_for_her_and_the_manager():
    draft = a_full_draft()
    upload = an_upload(draft, "scan of Mrs Winterbottom.png")
    application = apply.submit(by=draft.lead, application=draft)
    manager = a_manager()
    review.clear_upload(by=manager, upload=upload)
    assignment = read_by(a_reviewer(), application)
    client, way = as_(assignment.reviewer), f"/reviews/{assignment.pk}/names-a-patient/show/"
    page = page_of(client.get(f"/reviews/{assignment.pk}/"))
    assert way in page
    assert "Winterbottom" not in page
    asked = page_of(client.get(way))
    assert f"{application.reference}-1" in asked, "which file it is"
    assert "Winterbottom" not in asked
    assert client.post(way, {"note": "a label"}).status_code == 302
    flag = PatientFlag.objects.get()
    assert "Winterbottom" in page_of(as_staff(manager).get("/staff/patients/"))
    quarantine.quarantine(by=manager, flagged=flag)
    file = f"/reviews/{assignment.pk}/file/{upload.pk}/"
    assert client.get(file).status_code == 404
    assert file not in page_of(client.get(f"/reviews/{assignment.pk}/"))
    staff = as_staff(manager)
    assert staff.get(f"/selection/application/{application.pk}/file/{upload.pk}/").status_code == 404


# The managers' side of it


def test_whoever_has_it_already_is_not_among_those_who_can_be_asked():
    application = an_application()
    assignment = an_assignment(application, a_reviewer("Has It"))
    free = a_reviewer("Free Somebody")
    form = page_of(as_staff(a_manager()).get(f"/selection/application/{application.pk}/"))
    assert f'value="{free.pk}"' in form
    assert f'value="{assignment.reviewer.pk}"' not in form
    assert "1 reviews" not in form


def test_the_panel_says_who_is_on_it_and_that_it_has_no_patient_or_carer():
    application = an_application()
    one = a_reviewer("Nora Nothing")
    close_call(application.wave)
    path, staff = f"/selection/{application.wave.slug}/panel/", as_staff(a_manager())
    page = page_of(staff.get(path))
    assert "Nora Nothing" in page
    assert "has not promised yet" in page
    assert "Nobody on this panel is a patient or a carer" in page
    one.profile.place = "carer"
    one.profile.save()
    assert "Nobody on this panel" not in page_of(staff.get(path))
    seat = PanelSeat.objects.create(wave=application.wave, reviewer=one)
    an_assignment(application, one)
    assert "has not promised yet" in page_of(staff.get(path)), "also once something was given to them"
    seat.promised_at = timezone.now()
    seat.save()
    assert "has not promised yet" not in page_of(staff.get(path))


def test_before_giving_out_it_says_what_waits_for_a_first_look_and_which_files_are_hidden():
    draft = a_full_draft()
    upload = an_upload(draft)
    application = apply.submit(by=draft.lead, application=draft)
    a_reviewer()
    close_call(application.wave)
    manager = a_manager()
    path, staff = f"/selection/{application.wave.slug}/give-out/", as_staff(manager)
    page = page_of(staff.get(path))
    assert "1 of them still waits for a" in page
    assert "1 file is hidden from reviewers" in page
    triage.say(by=manager, application=application, answer="yes", as_manager=True)
    review.clear_upload(by=manager, upload=upload)
    page = page_of(staff.get(path))
    assert "still wait" not in page
    assert "hidden from reviewers" not in page


def test_a_review_handed_back_by_a_slip_is_taken_again_until_somebody_has_decided():
    assignment = read_by(a_reviewer(), an_application(a_person(email="friend@example.org")))
    client, reviewer = as_(assignment.reviewer), assignment.reviewer
    review.save_review(by=reviewer, assignment=assignment, scores={"need": 4}, for_applicant="Half a word")
    client.post(f"/reviews/{assignment.pk}/hand-back/")
    page = page_of(client.get("/reviews/"))
    assert "You gave back" in page
    assert "Read it after all" in page
    for _ in range(2):
        assert client.post(f"/reviews/{assignment.pk}/take/").url == f"/reviews/{assignment.pk}/"
    assert "Half a word" in page_of(client.get(f"/reviews/{assignment.pk}/")), "the draft is still there"
    assert "You gave back" not in page_of(client.get("/reviews/"))
    client.post(f"/reviews/{assignment.pk}/hand-back/")
    review.declare_conflict(by=reviewer, email="friend@example.org")
    assert client.post(f"/reviews/{assignment.pk}/take/").status_code == 302, "a refusal would say whose it is"
    client.post(f"/reviews/{assignment.pk}/hand-back/")
    a_decision(assignment.application)
    assert "You gave back" not in page_of(client.get("/reviews/"))
    assert client.post(f"/reviews/{assignment.pk}/take/").status_code == 409
    other = read_by(a_reviewer(), an_application())
    as_(other.reviewer).post(f"/reviews/{other.pk}/recuse/")
    assert as_(other.reviewer).post(f"/reviews/{other.pk}/take/").status_code == 409, "stepping back is for good"


def test_a_file_can_be_hidden_again_and_says_so_on_the_page():
    draft = a_full_draft()
    upload = an_upload(draft)
    application = apply.submit(by=draft.lead, application=draft)
    staff, page = as_staff(a_manager()), f"/selection/application/{application.pk}/"
    way = f"{page}file/{upload.pk}/clear/"
    staff.post(way)
    assert "Hide it from reviewers again" in page_of(staff.get(page))
    for _ in range(2):
        assert staff.post(way, {"hide": "1"}).status_code == 302
    upload.refresh_from_db()
    assert (upload.cleared_at, upload.cleared_by) == (None, None)
    assert "Hidden from reviewers" in page_of(staff.get(page))
    assert queries.blind_application(an_assignment(application)).files == []
    with pytest.raises(NotAllowed):
        review.hide_upload(by=a_person(), upload=upload)


def test_an_answer_that_somebody_flagged_says_so_to_managers():
    application = an_application()
    staff, page = as_staff(a_manager()), f"/selection/application/{application.pk}/"
    assert "Flagged: does it name a patient?" not in page_of(staff.get(page))
    staff.post(f"{page}names-a-patient/problem/")
    assert page_of(staff.get(page)).count("Flagged: does it name a patient?") == 1


def test_a_reader_of_the_first_look_says_that_an_answer_names_a_patient():
    application, reader = an_application(), a_reviewer()
    wave = application.wave
    wave.review_phases.filter(kind="triage").update(readers="panel", question_keys=["problem"])
    client, one = as_(reader), f"/reviews/first-look/{wave.slug}/{application.pk}/"
    assert client.get(f"{one}names-a-patient/problem/").status_code == 404, "not before the promise"
    PanelSeat.objects.create(wave=wave, reviewer=reader, promised_at=timezone.now())
    assert f"{one}names-a-patient/problem/" in page_of(client.get(one))
    assert client.post(f"{one}names-a-patient/problem/").url == one
    assert client.get(f"{one}names-a-patient/idea/").status_code == 404, "which this step does not show"
    assert PatientFlag.objects.get().flagged_by == reader
    assert as_(a_person()).get(f"{one}names-a-patient/problem/").status_code == 403


def test_all_or_those_below_the_line_are_ticked_in_one_go():
    wave = a_wave(capacity=1)
    best, worse, unread = (an_application(wave=wave) for _ in range(3))
    a_review(best, 5)
    a_review(worse, 1)
    staff, table = as_staff(a_manager()), f"/selection/{wave.slug}/"

    def ticked(query):
        page = page_of(staff.get(f"{table}?{query}"))
        return {one.reference for one in (best, worse, unread) if f'id="move-{one.pk}" checked' in page}

    assert ticked("") == set()
    assert ticked("tick=all") == {best.reference, worse.reference, unread.reference}
    assert ticked("tick=below&sort=score") == {worse.reference}
    page = page_of(staff.get(f"{table}?tick=below&sort=adjusted"))
    assert f'action="{table}move/?sort=adjusted"' in page, "what is ticked is not carried on"


def test_home_says_how_many_no_reviewer_has_and_leads_to_giving_out():
    wave = a_wave()
    first, _second = an_application(wave=wave), an_application(wave=wave)
    an_assignment(first)
    page = page_of(as_staff(a_manager()).get("/home/"))
    assert "1 is with no reviewer yet" in page
    assert f"/selection/{wave.slug}/give-out/" in page


def test_the_panel_says_who_can_see_the_names_all_the_same():
    application = an_application()
    wave, both = close_call(application.wave), a_manager("Bo Both")
    a_reviewer("Rae Only")
    RoleGrant.objects.create(user=both, role="reviewer", scope="", reason="For a test")
    path, staff = f"/selection/{wave.slug}/panel/", as_staff(a_manager())
    page = page_of(staff.get(path))
    assert "Bo Both reviews here and runs this wave too" in page
    wave.review_phases.filter(kind="score").update(names="always")
    assert "runs this wave too" not in page_of(staff.get(path))
