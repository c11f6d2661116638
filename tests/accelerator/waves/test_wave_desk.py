"""Planning, changing and copying waves, and the questions that they ask."""

import datetime as dt
import re

import pytest
from django.utils import timezone

from accelerator.actions import apply, keeping, questions, roadmap, versions, waves
from accelerator.models import CallWish, LetterTemplate, Programme, Question, QuestionSet, Upload, Wave
from accelerator.queries.apply import in_order
from accelerator.rules.waves import passed, shifted
from tests.accelerator.factories import a_draft, a_full_draft, a_manager, a_person, a_reviewer, a_wave, answer
from tests.matrix import make_client
from timebank.actions.pots import grant
from timebank.models import Pot
from ui.errors import DomainError, Invalid, NotAllowed

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def boxes(name, day):
    return {f"{name}-day": day.day, f"{name}-month": day.month, f"{name}-year": day.year}


def a_form(start, **more):
    """A plan whose call opens on `start`, as a browser sends it."""
    days = {
        "call_opens": 0,
        "call_closes": 40,
        "support_starts": 61,
        "community_starts": 153,
        "evaluation_starts": 273,
        "ends": 300,
    }
    form = {"name": "Coast", "summary": "By the sea.", "nation": "wales", "regions": "Llŷn\nAnglesey", "themes": "",
            "capacity": "6", "allowance": "15", "opens_at": "09:00", "closes_at": "17:00"}  # fmt: skip
    for name, after in days.items():
        form |= boxes(name, start + after * DAY)
    return form | more


def in_days(days):
    return timezone.localdate() + days * DAY


# Planning and copying


def test_a_manager_plans_a_wave_from_nothing_and_its_public_page_says_so():
    client = make_client(a_manager())
    form = a_form(in_days(10), new_programme="Coastal programme")
    for _ in range(2):  # the second click is told that the programme is there
        client.post("/staff/waves/new/", form)
    wave = Wave.objects.get(name="Coast")
    assert (wave.capacity, wave.allowance_minutes, wave.regions, wave.nation) == (6, 900, ["Llŷn", "Anglesey"], "wales")
    assert timezone.localtime(wave.call_closes).time() == dt.time(17) and wave.fund.account.balance == 0
    assert [phase.kind for phase in wave.review_phases.all()] == ["triage", "score", "moderate", "decide"]
    assert "By the sea." in make_client(None).get(f"/waves/{wave.slug}/").content.decode()


@pytest.mark.parametrize(
    "bad",
    [
        {"name": ""}, {"name": "x" * 121}, {"capacity": "0"}, {"capacity": "many"}, {"allowance": "-1"}, {"closes_at": "25:00"},
        {"closes_at": "late"}, {"nation": "atlantis"}, {"new_programme": ""}, {"regions": "r" * 61},
        boxes("ends", dt.date(2020, 1, 1)), boxes("call_closes", dt.date(2020, 1, 1)), {"call_opens-day": "32"},
        boxes("call_opens", dt.date(2020, 1, 1)),
    ],
)  # fmt: skip
def test_a_muddled_plan_is_sent_back_and_plans_nothing(bad):
    answered = make_client(a_manager()).post("/staff/waves/new/", a_form(in_days(10), new_programme="New") | bad)
    assert answered.status_code == 422 and "There is a problem" in answered.content.decode()
    assert not Wave.objects.exists() and not Programme.objects.exists()


def test_a_copy_keeps_the_length_of_everything_across_the_clock_change_and_has_a_fund_of_its_own():
    wave = a_wave(capacity=4, themes=["Fairness"])
    Wave.objects.filter(pk=wave.pk).update(
        call_opens=timezone.make_aware(dt.datetime(2026, 1, 12, 9)), call_closes=timezone.make_aware(dt.datetime(2026, 2, 20, 17)),
        support_starts=dt.date(2026, 3, 15), community_starts=dt.date(2026, 6, 15), evaluation_starts=dt.date(2026, 10, 1),
        ends=dt.date(2026, 11, 1),
    )  # fmt: skip
    wave.refresh_from_db()
    wave.review_phases.filter(kind="score").update(public_label="Being read with care", minimum_reviews=3)
    Wave.objects.filter(pk=wave.pk).update(access_fund_pence=50_000, access_paid_how="Finance rings you.")
    words = LetterTemplate.objects.create(
        wave=wave, outcome="accept", text="{greeting} Yes! {feedback}", changed_by=a_manager()
    )
    LetterTemplate.objects.create(wave=wave, outcome="decline", draft="{greeting} Hm", changed_by=a_manager())
    start = dt.date(timezone.localdate().year + 1, 7, 1)
    client = make_client(a_manager())
    client.post(f"/staff/waves/{wave.slug}/copy/", {"name": "Summer wave", **boxes("call_opens", start)})
    made = Wave.objects.get(name="Summer wave")
    opens, closes = timezone.localtime(made.call_opens), timezone.localtime(made.call_closes)
    assert (opens.date(), opens.time(), closes.time()) == (start, dt.time(9), dt.time(17))
    assert (
        closes.date() - opens.date() == 39 * DAY and made.ends - made.support_starts == wave.ends - wave.support_starts
    )
    assert (made.capacity, made.themes, made.question_set) == (4, ["Fairness"], wave.question_set)
    phase = made.review_phases.get(kind="score")
    assert (phase.public_label, phase.minimum_reviews) == ("Being read with care", 3)
    before = timezone.localtime(wave.review_phases.get(kind="score").starts)
    after, days = timezone.localtime(phase.starts), start - timezone.localdate(wave.call_opens)
    assert (after.date(), after.time()) == (before.date() + days, before.time())
    assert (made.access_fund_pence, made.access_paid_how) == (50_000, "Finance rings you.")
    assert list(made.letter_templates.values_list("outcome", "text")) == [("accept", words.text)]
    assert made.fund_id and made.fund_id != wave.fund_id
    assert shifted(wave, timezone.localdate(wave.call_opens))["call_opens"] == wave.call_opens


def test_a_copy_into_the_past_without_a_name_or_by_a_manager_of_one_wave_is_refused():
    wave = a_wave()
    client, count = make_client(a_manager()), Wave.objects.count()
    for form in ({"name": "", **boxes("call_opens", in_days(5))}, {"name": "Old", **boxes("call_opens", in_days(-5))}):
        assert client.post(f"/staff/waves/{wave.slug}/copy/", form).status_code == 422
    for by in (a_person(role="portfolio_manager", scope=wave.pk), a_person(), a_person(role="reviewer")):
        with pytest.raises(NotAllowed):
            waves.copy_wave(by=by, wave=wave, name="Mine", call_opens=in_days(5))
    assert Wave.objects.count() == count


def test_a_call_can_open_today_and_what_was_written_twice_stands_once():
    form = a_form(in_days(0), new_programme="New", opens_at="00:00", regions="Powys\npowys \nGwynedd", themes="A\nA")
    answered = make_client(a_manager()).post("/staff/waves/new/", form)
    made = Wave.objects.get(name="Coast")
    assert answered.url == f"/staff/waves/{made.slug}/" and made.phase() == "call"
    assert (made.regions, made.themes) == (["Powys", "Gwynedd"], ["A"])


def test_an_empty_plan_says_of_each_date_which_one_it_is():
    page = make_client(a_manager()).post("/staff/waves/new/", {}).content.decode()
    for said in ("the call opens", "the call closes", "support starts", "opened to the community", "it ends"):
        assert len(re.findall(rf"Enter the day on which [a-z ]*{said}", page)) == 2  # above the form, and at its field


def test_a_wave_that_was_planned_by_mistake_is_taken_back_until_somebody_has_begun():
    manager = a_manager()
    client, wave = make_client(manager), a_wave(call="ahead")
    for name in ("Twice", "Once"):
        form = {"name": name, **boxes("call_opens", in_days(40))}
        client.post(f"/staff/waves/{wave.slug}/copy/", form)
    twice, once = Wave.objects.get(name="Twice"), Wave.objects.get(name="Once")
    page = client.get(f"/staff/waves/{twice.slug}/").content.decode()
    assert "Take this wave back" in page
    for answer_ in (302, 404):  # a second click
        assert client.post(f"/staff/waves/{twice.slug}/take-back/").status_code == answer_
    assert not Wave.objects.filter(pk=twice.pk).exists() and Pot.objects.get(pk=twice.fund_id).closed_at
    assert make_client(None).get(f"/waves/{twice.slug}/").status_code == 404
    assert wave.question_set.questions.exists()
    early = a_draft(wave=once)
    assert client.post(f"/staff/waves/{once.slug}/take-back/").status_code == 409
    assert Wave.objects.filter(pk=once.pk).exists() and early.wave_id == once.pk
    with pytest.raises(DomainError, match="call has opened"):
        waves.drop_wave(by=manager, wave=a_wave(call="open"))
    funded = waves.copy_wave(by=manager, wave=wave, name="Funded", call_opens=in_days(9))
    broker = a_person(role="broker")
    grant(by=broker, to_account=funded.fund.account, minutes=60, reason="For the wave", key="one")
    with pytest.raises(DomainError, match="credits in its fund"):
        waves.drop_wave(by=manager, wave=funded)
    for by in (broker, a_person(role="portfolio_manager", scope=funded.pk)):
        with pytest.raises(NotAllowed):
            waves.drop_wave(by=by, wave=funded)


# Changing


def test_a_date_that_has_come_stays_and_an_open_call_closes_later_but_never_earlier():
    wave, manager = a_wave(call="open"), a_manager()
    assert passed(wave) == {"call_opens"}
    closes = wave.call_closes
    with pytest.raises(Invalid, match="has passed"):
        waves.change_wave(by=manager, wave=wave, call_opens=wave.call_opens + DAY)
    with pytest.raises(Invalid, match="later, and not earlier"):
        waves.change_wave(by=manager, wave=wave, call_closes=closes - DAY)
    with pytest.raises(Invalid, match="follow each other"):
        waves.change_wave(by=manager, wave=wave, ends=wave.support_starts)
    wave.refresh_from_db()
    assert wave.call_closes == closes
    waves.change_wave(by=manager, wave=wave, call_closes=closes + 3 * DAY, capacity=12)
    wave.refresh_from_db()
    assert (wave.call_closes, wave.capacity) == (closes + 3 * DAY, 12)
    starts = wave.review_phases.get(kind="score").starts
    assert starts == wave.review_phases.get(kind="triage").ends and starts > closes + 3 * DAY


def test_the_page_of_a_wave_leads_to_all_that_belongs_to_it_and_says_what_is_missing():
    wave, manager = a_wave(call="ahead", capacity=4), a_manager()
    wishes = [keeping.tell_me(by=a_person(), wanted=True) for _ in range(2)]
    client, core = make_client(manager), roadmap.publish_template("core")
    made = waves.copy_wave(by=manager, wave=wave, name="Next", call_opens=in_days(30))
    page = client.get(f"/staff/waves/{made.slug}/").content.decode()
    assert "4 places of 20 h take 80 h" in page and "Ask a time broker to add 80 h" in page
    assert "Nobody yet. An administrator" in page and "people pay for travel" in page
    assert f"{len(wishes)} people. They get a message when the call opens." in page
    assert str(core) in page and f"Use “{core}” instead" not in page  # it is what they begin with anyway
    assert "until the call opens" in page and "The words that ship" in page
    assert "after support has started" not in page
    made.review_phases.filter(kind="decide").update(
        ends=timezone.make_aware(dt.datetime.combine(made.support_starts + 2 * DAY, dt.time(12)))
    )
    assert "after support has started: give the review" in client.get(f"/staff/waves/{made.slug}/").content.decode()
    bare = waves.copy_wave(by=manager, wave=wave, name="Bare", call_opens=in_days(30))
    bare.review_phases.all().delete()
    without = client.get(f"/staff/waves/{bare.slug}/").content.decode()
    assert "nobody can be asked to read" in without and "/panel/" not in without
    a_reviewer()
    LetterTemplate.objects.create(wave=made, outcome="accept", text="{greeting} Yes!", changed_by=manager)
    Wave.objects.filter(pk=made.pk).update(access_fund_pence=50_000)
    CallWish.objects.all().delete()
    page = client.get(f"/staff/waves/{made.slug}/").content.decode()
    assert "Nobody yet" in page and "They get a message" not in page
    assert "1 person can be asked" in page and "This wave’s own words" in page and "£500, of which £500 is left" in page
    links = set(re.findall(r'href="(/[^"#?]*)"', page))
    for end in ("phases", "panel", "letters/words/accept", "access-fund", "drafts", "for-me"):
        found = [link for link in links if made.slug in link and link.rstrip("/").endswith(end)]
        assert found and client.get(found[0]).status_code == 200, end


def test_steps_of_the_review_that_somebody_has_moved_stay_where_they_are():
    wave = a_wave(call="ahead")
    own = wave.call_closes + 2 * DAY
    wave.review_phases.filter(kind="score").update(starts=own)
    waves.change_wave(by=a_manager(), wave=wave, call_closes=wave.call_closes + DAY)
    assert wave.review_phases.get(kind="score").starts == own
    assert wave.review_phases.get(kind="triage").starts == wave.call_opens


def test_the_page_saves_what_may_change_and_ignores_what_has_passed():
    wave = a_wave(call="open")
    client, url = make_client(a_manager()), f"/staff/waves/{wave.slug}/"
    page = client.get(url).content.decode()
    assert wave.name in page
    form = a_form(in_days(-10), name="Renamed")  # the opening day is another one: it is passed over
    assert client.post(url, form).status_code == 302
    changed = Wave.objects.get(pk=wave.pk)
    assert (changed.name, changed.call_opens) == ("Renamed", wave.call_opens)
    assert client.post(url, form | boxes("ends", dt.date(2020, 1, 1))).status_code == 422
    for other in (a_person(role="portfolio_manager", scope=a_wave().pk),):
        assert make_client(other).post(url, form).status_code == 404


# Questions


def test_questions_change_in_a_draft_that_applicants_do_not_see_until_a_wave_takes_it_up():
    manager, wave = a_manager(), a_wave(call="ahead")
    asked = wave.question_set
    client = make_client(manager)
    for _ in range(2):
        client.post(f"/staff/questions/{asked.pk}/draft/")
    draft = QuestionSet.objects.get(state="draft")
    assert (draft.version, draft.questions.count()) == (2, asked.questions.count())
    home = f"/staff/questions/{draft.pk}/"
    form = {"short": "The problem", "section": "The problem", "text": "What have you seen go wrong?", "kind": "long_text",
            "word_limit": "120", "required": "on", "reviewers_see": "on"}  # fmt: skip
    assert client.post(home + "problem/", form).status_code == 302
    choosing = {
        "short": "Your shift",
        "section": "You",
        "text": "Which shift?",
        "kind": "choice",
        "choices": "Day\nNight",
    }
    assert client.post(home + "add/", choosing | {"choices": "Only one"}).status_code == 422
    assert client.post(home + "add/", choosing).status_code == 302
    added = draft.questions.get(key="your_shift")
    assert [label for _value, label in added.choices] == ["Day", "Night"] and not added.reviewers_see
    kept = added.choices
    client.post(home + "your_shift/", choosing | {"choices": "Night\nEarly\nDay"})
    added.refresh_from_db()
    assert {label: value for value, label in kept}.items() <= {label: value for value, label in added.choices}.items()
    client.post(home + "your_shift/move/", {"up": "1"})  # alone in its group, so the group moves
    assert [one.section for one in in_order(draft)][-1] == "Taking part" and added.section == "You"
    client.post(home + "learn/remove/")
    assert not draft.questions.filter(key="learn").exists()
    assert (
        asked.questions.get(key="problem").text != "What have you seen go wrong?"
        and asked.questions.filter(key="learn").exists()
    )
    with pytest.raises(DomainError, match="Publish the questions first"):
        questions.use_in_wave(by=manager, wave=wave, question_set=draft)
    assert client.post(home + "publish/").status_code == 302
    asked.refresh_from_db()
    assert asked.state == "superseded" and Wave.objects.get(pk=wave.pk).question_set == asked
    assert client.post(home + "problem/", form).status_code == 404  # published: it is changed by a new version
    client.post(f"/staff/waves/{wave.slug}/ask/{draft.pk}/")
    assert Wave.objects.get(pk=wave.pk).question_set == draft


def test_a_draft_written_early_survives_a_new_version_of_the_questions():
    manager, wave = a_manager(), a_wave(call="ahead")
    early = a_draft(wave=wave, sentence="Bigger clocks")
    answer(early, problem="Nobody can read the time at night.")
    draft = questions.new_version(by=manager, question_set=wave.question_set)
    questions.use_in_wave(by=manager, wave=wave, question_set=versions.publish(by=manager, versioned=draft))
    page = make_client(early.lead).get(f"/applications/{early.pk}/question/problem/").content.decode()
    assert "Nobody can read the time at night." in page
    answer(type(early).objects.get(pk=early.pk), problem="Nobody can read it.")
    assert early.answers.get(question__key="problem").value == "Nobody can read it."


def test_a_new_version_of_the_questions_takes_files_along_and_leaves_what_goes_with_nothing_in_sight():
    manager, wave = a_manager(), a_wave(call="ahead")
    early = a_draft(wave=wave)
    answer(early, problem="Nobody can read the time.", exists="Small clocks.")
    old = wave.question_set
    file = Question.objects.create(question_set=old, key="photo", position=99, section="More", kind="file",
                                   text="A photo", short="Photo")  # fmt: skip
    Upload.objects.create(application=early, question=file, name="clock.png", size=3, uploaded_by=early.lead)
    draft = questions.new_version(by=manager, question_set=old)
    questions.remove_question(by=manager, question=draft.questions.get(key="exists"))
    days = draft.questions.get(key="problem")
    questions.save_question(by=manager, question=days, kind="number", required=True)
    questions.use_in_wave(by=manager, wave=wave, question_set=versions.publish(by=manager, versioned=draft))
    assert Upload.objects.get().question == draft.questions.get(key="photo")
    client = make_client(early.lead)
    page = client.get(f"/applications/{early.pk}/").content.decode()
    assert "no longer asked" in page and "Small clocks." in page and "Nobody can read the time." in page
    assert "Nobody can read" not in client.get(f"/applications/{early.pk}/question/problem/").content.decode()
    assert "Nobody" not in make_client(a_manager()).get(f"/applications/{early.pk}/").content.decode()
    answer(type(early).objects.get(pk=early.pk), problem=12)
    assert early.answers.get(question=draft.questions.get(key="problem")).value == 12


def test_questions_that_other_pages_need_stay_and_a_call_that_is_open_keeps_its_questions():
    manager, wave = a_manager(), a_wave(call="open")
    draft = questions.new_version(by=manager, question_set=wave.question_set)
    for key in ("sentence", "help"):
        with pytest.raises(DomainError, match="the question stays"):
            questions.remove_question(by=manager, question=draft.questions.get(key=key))
    with pytest.raises(Invalid, match="must be asked for"):
        questions.save_question(by=manager, question=draft.questions.get(key="sentence"), required=False)
    published = versions.publish(by=manager, versioned=draft)
    with pytest.raises(DomainError, match="The call has opened"):
        questions.use_in_wave(by=manager, wave=wave, question_set=published)
    full = a_full_draft(wave=wave)
    assert apply.submit(by=full.lead, application=full).state == "submitted"
    for by in (a_person(), a_person(role="reviewer")):
        with pytest.raises(NotAllowed):
            questions.new_version(by=by, question_set=published)


def test_a_question_joins_its_group_and_moves_within_it_until_the_group_moves():
    manager = a_manager()
    draft = questions.new_version(by=manager, question_set=a_wave(call="ahead").question_set)
    fields = {
        "short": "The cost",
        "section": "The problem",
        "text": "What does it cost?",
        "kind": "number",
        "word_limit": 9,
    }
    added = questions.add_question(by=manager, question_set=draft, **fields)

    def keys():
        return list(draft.questions.order_by("position").values_list("key", flat=True))

    before = keys()
    assert before[before.index("the_cost") + 1] == draft.questions.filter(section="Your idea").first().key
    assert added.word_limit is None  # a number has no words
    questions.move_question(by=manager, question=added, up=True)
    assert keys().index("the_cost") == before.index("the_cost") - 1
    questions.move_question(by=manager, question=added, up=False)
    assert keys() == before
    questions.move_question(by=manager, question=added, up=False)  # at the edge: the whole group goes down
    sections = [one.section for one in draft.questions.order_by("position")]
    assert list(dict.fromkeys(sections))[:3] == ["In short", "Your idea", "The problem"]
    assert sections == sorted(sections, key=sections.index)
    last = draft.questions.order_by("position").last()
    questions.move_question(by=manager, question=last, up=False)
    assert keys()[-1] == last.key


def test_a_question_is_never_called_by_the_name_of_a_page():
    manager = a_manager()
    draft = questions.new_version(by=manager, question_set=a_wave(call="ahead").question_set)
    fields = {"short": "Preview", "section": "More", "text": "Shall we see it?", "kind": "short_text"}
    made = questions.add_question(by=manager, question_set=draft, **fields)
    assert made.key == "preview_2"
    client = make_client(manager)
    assert "Shall we see it?" in client.get(f"/staff/questions/{draft.pk}/{made.key}/").content.decode()
