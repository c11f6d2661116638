"""What a wave's evaluation promises: public, locked when the call opens, changed only with a reason, carried to the next wave."""

import datetime as dt

import pytest
from django.utils import timezone

from accelerator.actions import waves
from evaluation import plans, tasks
from evaluation.models import Plan
from evaluation.questions import DEFAULT_MEASURES, met_when
from people.models import RoleGrant
from tests.accelerator.factories import a_manager, a_person, a_wave
from tests.evaluation.factories import a_report, an_evaluator
from tests.matrix import make_client
from ui.errors import DomainError, Invalid, NotAllowed
from ui.formats import day

pytestmark = pytest.mark.django_db
GIVEN = {f"{question}_aim": "60" for question in DEFAULT_MEASURES} | {"V1_aim": "3", "V12_aim": "4"}
GIVEN |= {f"{question}_n": "15" for question in DEFAULT_MEASURES}


def read(path, user=None):
    return make_client(user).get(path).content.decode()


def measures(**changed):
    return DEFAULT_MEASURES | changed


def test_the_public_page_of_a_wave_leads_to_how_it_will_be_evaluated():
    wave = a_wave(call="ahead")
    assert f'href="/evaluation/{wave.slug}/plan/"' in read(f"/waves/{wave.slug}/")
    page = read(f"/evaluation/{wave.slug}/plan/")
    assert "Met when 50 % of requests or more get a yes." in page
    assert "Not answered with fewer than 20 requests." in page and "fewer than 12" not in page
    assert "Described, without a threshold." in page and "There is no comparison group" in page
    assert "This is a draft" in page and "Change the plan" not in page


def test_a_manager_drafts_it_looks_at_it_and_locks_it_and_a_second_click_makes_no_second_version():
    manager, wave = a_manager(), a_wave(call="ahead")
    client, home = make_client(manager), f"/evaluation/{wave.slug}/plan/"
    assert f"{home}change/" in client.get(home).content.decode()
    assert 'value="50"' in client.get(f"{home}change/").content.decode()
    for wrong in (
        {"V3_aim": "0"},
        {"V3_aim": "101"},
        {"V12_aim": "-1"},
        {"V5_n": "7"},
        {"V8_n": "many"},
        {"V1_aim": ""},
    ):
        assert client.post(f"{home}change/", GIVEN | wrong).status_code == 422
    assert not Plan.objects.exists()
    for _ in range(2):
        client.post(f"{home}change/", GIVEN)
    draft = Plan.objects.get()
    assert (draft.status, draft.measures["V3"], draft.measures["V1"]["threshold"]) == (
        "draft",
        {"threshold": 0.6, "smallest_n": 15},
        3,
    )
    assert draft.measures["V1"]["smallest_n"] == DEFAULT_MEASURES["V1"]["smallest_n"]
    page = read(home)
    assert "Met when 60 % of requests" in page and "there are 3 applications or more" in page
    client.post(f"{home}change/", GIVEN | {"V3_aim": "70", "lock": "1"})
    plan = Plan.objects.get()
    assert (plan.pk, plan.status, plan.version, plan.measures["V3"]["threshold"]) == (draft.pk, "published", 1, 0.7)
    assert f"Locked on {day(plan.locked_at)}, version 1" in read(home)
    assert client.post(f"{home}change/", GIVEN | {"V3_aim": "70", "reason": " "}).status_code == 422
    for _ in range(2):
        client.post(f"{home}change/", GIVEN | {"V3_aim": "65", "reason": "The call was longer."})
    assert list(Plan.objects.order_by("version").values_list("version", "status")) == [
        (1, "superseded"),
        (2, "published"),
    ]
    page = read(home)
    assert "Why it changed: The call was longer." in page and "Version 1, locked on" in page and "65 %" in page


def test_when_the_call_opens_the_plan_locks_itself_as_it_is_drafted_or_as_it_ships():
    drafted, bare, ahead, over = a_wave(), a_wave(), a_wave(call="ahead"), a_wave()
    day_, today = dt.timedelta(days=1), timezone.localdate()
    over.support_starts, over.community_starts = today - 90 * day_, today - 80 * day_
    over.evaluation_starts, over.ends = today - 70 * day_, today - 60 * day_
    over.call_opens, over.call_closes = timezone.now() - 120 * day_, timezone.now() - 100 * day_
    over.save()
    plans.draft_plan(by=a_manager(), wave=drafted, measures=measures(V3={"threshold": 0.9, "smallest_n": 30}))
    for _ in range(2):
        tasks.lock_plans()
    locked = {plan.wave: plan for plan in Plan.objects.filter(status="published")}
    assert set(locked) == {drafted, bare}
    assert locked[drafted].measures["V3"]["threshold"] == 0.9 and locked[bare].measures == DEFAULT_MEASURES
    with pytest.raises(DomainError, match="locked"):
        plans.draft_plan(by=a_manager(), wave=drafted, measures=measures())
    assert plans.standing_plan(ahead) is None


def test_a_copied_wave_takes_the_plan_with_it_as_a_draft():
    manager, wave = a_manager(), a_wave()
    changed = measures(V3={"threshold": 0.9, "smallest_n": 30})
    plans.change_plan(by=manager, wave=wave, measures=changed)
    opens = timezone.localdate() + dt.timedelta(days=40)
    made = waves.copy_wave(by=manager, wave=wave, name="The next one", call_opens=opens)
    draft = plans.standing_plan(made)
    assert (draft.status, draft.version, draft.measures) == ("draft", 1, changed)
    assert plans.standing_plan(waves.copy_wave(by=manager, wave=a_wave(), name="Bare", call_opens=opens)) is None
    assert f"/evaluation/{made.slug}/plan/" in read(f"/staff/waves/{made.slug}/", manager)


def test_a_copy_that_was_planned_by_mistake_is_taken_back_with_its_plan_but_not_where_there_is_a_report():
    manager, wave = a_manager(), a_wave()
    plans.lock_plan(by=None, wave=wave)
    opens = timezone.localdate() + dt.timedelta(days=40)
    made, other = (waves.copy_wave(by=manager, wave=wave, name=name, call_opens=opens) for name in ("Twice", "Kept"))
    waves.drop_wave(by=manager, wave=made)
    assert set(Plan.objects.values_list("wave__name", flat=True)) == {wave.name, "Kept"}
    a_report(other)
    with pytest.raises(DomainError, match="so it stays"):
        waves.drop_wave(by=manager, wave=other)
    assert Plan.objects.filter(wave=other).exists()


def test_only_evaluators_administrators_and_those_who_run_the_wave_change_it():
    wave, other = a_wave(call="ahead"), a_wave(call="ahead")
    runs_other = a_person()
    RoleGrant.objects.create(user=runs_other, role="portfolio_manager", scope=str(other.pk), reason="For a test")
    for user in (a_person(), runs_other):
        with pytest.raises(NotAllowed):
            plans.change_plan(by=user, wave=wave, measures=measures())
        with pytest.raises(NotAllowed):
            plans.draft_plan(by=user, wave=wave, measures=measures())
    assert make_client(runs_other).get(f"/evaluation/{wave.slug}/plan/change/").status_code == 404
    assert plans.change_plan(by=an_evaluator(), wave=wave, measures=measures()).version == 1


@pytest.mark.parametrize(
    ("field", "changed"),
    [
        ("V3_aim", {"V3": {"threshold": 1.01, "smallest_n": 20}}),
        ("V3_aim", {"V3": {}}),
        ("V12_aim", {"V12": {"threshold": -1, "smallest_n": 20}}),
        ("V5_n", {"V5": {"threshold": 0.5, "smallest_n": 7}}),
        ("V5_n", {"V5": {"threshold": 0.5, "smallest_n": 1001}}),
    ],
)
def test_a_promise_that_could_not_be_kept_or_broken_is_refused(field, changed):
    with pytest.raises(Invalid) as refused:
        plans.draft_plan(by=a_manager(), wave=a_wave(), measures=measures(**changed))
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("V1", "for each place there are 2 applications or more"),
        ("V2", "no pay band is reached at under 80 % of the rate of the one reached best"),
        ("V8", "25 % or more of those who received help go on to give some"),
        ("V12", "no more than 5 of 100 exchanges end in a dispute"),
        ("V14", ""),
    ],
)
def test_a_threshold_is_said_in_words(question, said):
    assert met_when(question, DEFAULT_MEASURES) == said
