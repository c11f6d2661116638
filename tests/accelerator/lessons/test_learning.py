"""The learning log: everybody reads it, members add to it, whoever runs the programme answers, the next wave takes it along."""

import datetime as dt
import itertools

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accelerator.actions import lessons as actions
from accelerator.actions import waves
from accelerator.models import Lesson, Programme, Wave
from accelerator.queries import lessons as queries
from accelerator.rules import lessons as rules
from notifications.models import InboxItem, OutboxMessage
from people.actions.roles import grant
from tests.accelerator.factories import a_lesson, a_manager, a_person, a_wave
from tests.matrix import make_client
from ui.errors import DomainError, Invalid, Missing, NotAllowed

pytestmark = pytest.mark.django_db
TEXT = "Ring people back within a day."
KEYS = (f"00000000-0000-4000-8000-{number:012}" for number in itertools.count(1))


def read(path, user=None):
    return make_client(user).get(path).content.decode()


def a_manager_of(wave):
    user = a_person()
    grant(by=None, user=user, role="portfolio_manager", reason="They run it.", scope=str(wave.pk))
    return user


def answered(lesson, answer="adopted", reason="From now on.", by=None):
    return actions.answer(by=by or a_manager(), lesson=lesson, answer=answer, reason=reason)


def told(user):
    return [item.subject for item in InboxItem.objects.filter(user=user).order_by("id")]


# Writing


def test_somebody_signed_in_adds_what_they_learnt_for_a_wave_and_a_second_click_adds_nothing():
    writer, wave = a_person(), a_wave()
    client = make_client(writer)
    page = client.get(f"/learning/add/?wave={wave.slug}").content.decode()
    assert f'value="wave:{wave.slug}" selected' in page
    assert "Write nothing that identifies a patient" in page
    given = {"text": f"  {TEXT} ", "about": f"wave:{wave.slug}", "key": next(KEYS)}
    places = {client.post("/learning/add/", given)["Location"] for _ in range(2)}
    made = Lesson.objects.get()
    assert places == {f"/learning/{made.pk}/"}
    assert (made.text, made.wave, made.programme, made.by, made.answer) == (
        TEXT,
        wave,
        wave.programme,
        writer,
        "waiting",
    )
    page = read(f"/learning/{made.pk}/", writer)
    assert "Waiting for an answer" in page and "Take it back" in page and wave.name in page


def test_it_may_be_about_a_programme_or_about_everything():
    wave = a_wave()
    client = make_client(a_person())
    for about in ("", f"programme:{wave.programme.slug}"):
        client.post("/learning/add/", {"text": TEXT, "about": about, "key": next(KEYS)})
    assert list(Lesson.objects.order_by("id").values_list("programme", "wave")) == [
        (None, None),
        (wave.programme_id, None),
    ]


@pytest.mark.parametrize(
    "wrong", [{"text": " "}, {"text": "x" * 401}, {"about": "wave:nowhere"}, {"key": ""}, {"key": "x"}]
)
def test_what_cannot_stand_in_the_log_is_sent_back_with_what_was_typed(wrong):
    client = make_client(a_person())
    given = {"text": TEXT, "about": "", "key": next(KEYS), **wrong}
    response = client.post("/learning/add/", given)
    assert response.status_code == 422 and given["text"].strip() in response.content.decode()
    assert not Lesson.objects.exists()


def test_ten_that_wait_are_enough_for_one_person():
    writer = a_person()
    for _ in range(rules.MOST_WAITING):
        last = a_lesson(writer)
    with pytest.raises(Invalid, match="wait for an answer"):
        a_lesson(writer)
    answered(last)
    assert a_lesson(writer).answer == "waiting"


@pytest.mark.parametrize("state", ["suspended", "closed", "newcomer"])
def test_whoever_may_not_act_adds_nothing(state):
    user = a_person()
    now = timezone.now()
    field = {"suspended": "suspended_at", "closed": "closed_at", "newcomer": "conduct_accepted_at"}[state]
    setattr(user, field, None if state == "newcomer" else now)
    with pytest.raises(NotAllowed):
        a_lesson(user)
    assert not Lesson.objects.exists()


def test_the_writer_takes_it_back_while_nobody_has_answered_and_nobody_else_does():
    writer, other = a_person(), a_person()
    lesson = a_lesson(writer)
    assert make_client(other).post(f"/learning/{lesson.pk}/take-back/").status_code == 404
    for _ in range(2):
        assert make_client(writer).post(f"/learning/{lesson.pk}/take-back/")["Location"] == "/learning/"
    lesson.refresh_from_db()
    assert (lesson.answer, lesson.text) == ("removed", "")
    assert make_client(writer).get(f"/learning/{lesson.pk}/").status_code == 404
    with pytest.raises(DomainError, match="stays in the log"):
        actions.take_back(by=writer, lesson=answered(a_lesson(writer)))
    with pytest.raises(Missing):
        actions.take_back(by=other, lesson=a_lesson(writer))


# Answering


def test_a_manager_adopts_it_everybody_reads_why_and_the_writer_is_told():
    writer, manager = a_person(), a_manager()
    lesson = a_lesson(writer)
    client = make_client(manager)
    home = f"/learning/{lesson.pk}/answer/"
    assert writer.name in client.get(home).content.decode()
    for wrong in (
        {"answer": "adopted", "reason": " "},
        {"answer": "maybe", "reason": "So."},
        {"answer": "tried", "reason": "x" * 601},
    ):
        assert client.post(home, wrong).status_code == 422
    for _ in range(2):
        assert client.post(home, {"answer": "adopted", "reason": "One of us rings at four."}).status_code == 302
    page = read(f"/learning/{lesson.pk}/")
    assert "Adopted" in page and "One of us rings at four." in page
    assert writer.name not in page and manager.name not in page
    assert told(writer) == ["Your learning: adopted"]
    mail = OutboxMessage.objects.get(user=writer)
    assert TEXT in mail.text and "One of us rings at four." in mail.text and mail.url == f"/learning/{lesson.pk}/"


def test_what_was_tried_can_be_adopted_later_and_the_writer_hears_of_both():
    writer, manager = a_person(), a_manager()
    lesson = a_lesson(writer)
    answered(lesson, "tried", "Half rang back.", manager)
    answered(lesson, "adopted", "Now all do.", manager)
    lesson.refresh_from_db()
    assert (lesson.answer, lesson.reason, lesson.answered_by) == ("adopted", "Now all do.", manager)
    assert told(writer) == ["Your learning: tried", "Your learning: adopted"]
    assert 'value="adopted" checked' in read(f"/learning/{lesson.pk}/answer/", manager)


def test_who_answers_follows_from_what_it_is_about():
    wave, same = a_wave(), a_wave()
    coast = Programme.objects.create(slug="coast", name="Coast")
    far = a_wave(call="ahead")
    Wave.objects.filter(pk=far.pk).update(programme=coast)
    far.refresh_from_db()
    of_wave, of_all = a_manager_of(wave), a_manager()
    mine, sibling, theirs = a_lesson(wave=wave), a_lesson(wave=same), a_lesson(wave=far)
    programme, elsewhere, everything = a_lesson(programme=wave.programme), a_lesson(programme=coast), a_lesson()
    assert set(queries.answerable(of_wave)) == {mine, programme, everything}
    assert set(queries.answerable(of_all)) == {mine, sibling, theirs, programme, elsewhere, everything}
    assert not queries.answerable(a_person()).exists()
    client = make_client(of_wave)
    assert client.get(f"/learning/{mine.pk}/answer/").status_code == 200
    for other in (sibling, theirs, elsewhere):
        assert client.get(f"/learning/{other.pk}/answer/").status_code == 404
        with pytest.raises(NotAllowed):
            answered(other, by=of_wave)
    assert "/answer/" not in client.get(f"/learning/{sibling.pk}/").content.decode()


def test_a_manager_finds_what_waits_on_home_the_oldest_first():
    manager = a_manager()
    assert queries.waiting_card(manager) is None
    first = a_lesson(text="The first thing learnt.")
    for _ in range(4):
        a_lesson()
    page = read("/home/", manager)
    assert page.index("The first thing learnt.") < page.index("Ring people back")
    assert "and 2 more" in page and "?answer=waiting" in page
    answered(first)
    assert "The first thing learnt." not in read("/home/", manager)
    assert "waiting for your answer" not in read("/home/", a_person())


def test_what_identifies_somebody_is_taken_off_the_page_words_messages_and_all():
    writer, manager = a_person(), a_manager()
    lesson = answered(a_lesson(writer, text="Mrs Ahmed of bay four rang twice."), by=manager)
    client = make_client(manager)
    home = f"/learning/{lesson.pk}/remove/"
    assert client.post(home, {"reason": ""}).status_code == 422
    for _ in range(2):
        assert client.post(home, {"reason": "It names a patient."})["Location"] == "/learning/"
    lesson.refresh_from_db()
    assert (lesson.answer, lesson.text) == ("removed", "")
    for path in ("/learning/", "/learning/?answer=removed"):
        assert "Mrs Ahmed" not in read(path, writer)
    assert make_client(writer).get(f"/learning/{lesson.pk}/").status_code == 404
    assert not any("Mrs Ahmed" in mail.text for mail in OutboxMessage.objects.all())
    assert told(writer)[-1] == "Your learning was taken off the page"
    with pytest.raises(DomainError, match="taken off"):
        answered(lesson, by=manager)


# Reading


def test_anonymous_people_read_what_was_answered_and_are_invited_to_sign_in():
    waiting = a_lesson(text="Nobody has looked at this yet.")
    shown = answered(a_lesson(text="Calls close at five."))
    page = read("/learning/")
    assert "Calls close at five." in page and "Nobody has looked" not in page
    assert "Sign in to add what you learnt" in page and 'value="waiting"' not in page
    assert make_client(None).get(f"/learning/{waiting.pk}/").status_code == 404
    assert make_client(None).get(f"/learning/{shown.pk}/").status_code == 200
    assert make_client(None).get("/learning/add/")["Location"].endswith("next=/learning/add/")
    member = read("/learning/", a_person())
    assert "Nobody has looked" in member and "Add what you learnt" in member
    assert 'href="/learning/"' in read("/"), "at the foot of every page"


def test_an_empty_log_says_what_to_do_and_a_filter_that_finds_nothing_says_so():
    assert "What have you learnt?" in read("/learning/")
    answered(a_lesson())
    assert "Nothing in the log is like that." in read("/learning/?answer=declined")


def test_it_is_filtered_by_answer_and_by_programme():
    wave = a_wave()
    coast = Programme.objects.create(slug="coast", name="Coast")
    answered(a_lesson(text="About the wave.", wave=wave))
    answered(a_lesson(text="About the coast.", programme=coast), "declined", "No.")
    answered(a_lesson(text="About everything."), "tried", "It rained.")
    page = read(f"/learning/?programme={wave.programme_id}")
    assert "About the wave." in page and "About everything." in page and "About the coast." not in page
    page = read("/learning/?answer=declined")
    assert "About the coast." in page and "About the wave." not in page and "1 thing learnt" in page
    assert "3 things learnt" in read("/learning/")
    assert "About the wave." in read("/learning/?programme=nonsense&answer=nonsense"), "nonsense filters nothing"
    assert f"/learning/?programme={wave.programme_id}" in read(f"/waves/{wave.slug}/")


def test_it_stands_in_pages_the_newest_first_at_the_same_cost_for_few_and_many(django_assert_num_queries):
    wave, writer, manager = a_wave(), a_person(), a_manager()
    client = make_client(writer)
    for count in (3, 30):
        while Lesson.objects.count() < count:
            answered(a_lesson(writer, text=f"Thing {Lesson.objects.count() + 1} of many", wave=wave), by=manager)
        client.get("/learning/")
        with django_assert_num_queries(8):
            page = client.get("/learning/").content.decode()
    assert page.index("Thing 30 of many") < page.index("Thing 29 of many")
    assert "Thing 10 of many" not in page and "Thing 10 of many" in read("/learning/?page=2", writer)


# What the next wave takes along


def test_a_copied_wave_takes_the_adopted_lessons_of_its_programme_with_it():
    manager, wave = a_manager(), a_wave()
    coast = Programme.objects.create(slug="coast", name="Coast")
    mine = answered(a_lesson(text="Close at five.", wave=wave), reason="We do.", by=manager)
    general = answered(a_lesson(text="Say it plainly."), reason="Eleven words went.", by=manager)
    answered(a_lesson(text="Ferries are late.", programme=coast), by=manager)
    answered(a_lesson(text="Lunchtime calls.", wave=wave), "tried", "Three came.", manager)
    a_lesson(text="Not answered yet.", wave=wave)
    client = make_client(manager)
    page = client.get(f"/staff/waves/{wave.slug}/copy/").content.decode()
    for words in ("Close at five.", "Say it plainly.", "Eleven words went.", f"/learning/{mine.pk}/"):
        assert words in page
    for words in ("Ferries are late.", "Lunchtime calls.", "Not answered yet."):
        assert words not in page
    made = waves.copy_wave(
        by=manager, wave=wave, name="The next one", call_opens=timezone.localdate() + dt.timedelta(days=40)
    )
    assert set(made.taken_lessons.all()) == {mine, general}
    page = client.get(f"/staff/waves/{made.slug}/").content.decode()
    assert "Lessons this wave takes with it" in page and f"/learning/{general.pk}/" in page
    assert made.name in read(f"/learning/{mine.pk}/")
    assert "Lessons this wave takes with it" not in client.get(f"/staff/waves/{wave.slug}/").content.decode()
    actions.remove(by=manager, lesson=general, reason="It names somebody.")
    page = client.get(f"/staff/waves/{made.slug}/").content.decode()
    assert f"/learning/{general.pk}/" not in page and "Close at five." in page


def test_where_nothing_was_adopted_the_copying_page_says_so():
    wave = a_wave()
    assert "None has been adopted yet." in read(f"/staff/waves/{wave.slug}/copy/", a_manager())


# The data


def test_what_somebody_wrote_is_in_their_download_and_nobody_elses():
    writer = a_person()
    answered(a_lesson(writer))
    a_lesson()
    (row,) = queries.export_for(writer)
    assert (row["text"], row["answer"], row["reason"]) == (TEXT, "adopted", "From now on.")


@pytest.mark.parametrize(
    "wrong",
    [
        {"answer": "adopted"},
        {"answer": "removed"},
        {"text": ""},
        {"reason": "Because."},
        {"answer": "declined", "answered_at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)},
    ],
)
def test_the_database_refuses_an_answer_without_a_reason_and_words_where_there_should_be_none(wrong):
    lesson = a_lesson()
    with pytest.raises(IntegrityError), transaction.atomic():
        Lesson.objects.filter(pk=lesson.pk).update(**wrong)


def test_the_database_refuses_two_of_one_form_and_a_wave_without_its_programme():
    lesson = a_lesson(wave=a_wave())
    with pytest.raises(IntegrityError), transaction.atomic():
        Lesson.objects.create(by=lesson.by, key=lesson.key, text=TEXT)
    with pytest.raises(IntegrityError), transaction.atomic():
        Lesson.objects.filter(pk=lesson.pk).update(programme=None)
