"""Rubrics and roadmap templates by page: drafted from what is in force, changed, looked at, published, taken up."""

import pytest

from accelerator.actions import roadmap, roadmap_templates, rubrics, versions
from accelerator.models import Criterion, Innovation, RoadmapTemplate, Rubric
from tests.accelerator.factories import (
    a_manager,
    a_person,
    a_reviewer,
    a_wave,
    an_application,
    an_assignment,
    the_phase,
)
from tests.accelerator.innovations.factories import an_innovation
from tests.matrix import make_client
from ui.errors import DomainError, Invalid, Missing, NotAllowed

pytestmark = pytest.mark.django_db
CRITERION = {
    "name": "Who it helps", "asks": "Who would notice first?", "weight": "2",
    **{f"anchor_{score}": f"This is a {score}" for score in range(6)},
}  # fmt: skip
MILESTONE = {
    "title": "Tell the ward", "start_week": "3", "end_week": "5", "why": "They live with it.", "step_1": "Ask one.",
    "step_2": "Ask three.", "step_3": "Ask all.", "to_show": "A note\nA photo", "usual_minutes": "2", "kind": "improvement",
}  # fmt: skip


def milestone(**changed):
    """What `add_row` takes."""
    given = {
        "title": "Tell the ward", "start_week": 3, "end_week": 5, "only_device": False, "only_tiers": [], "frameworks": [],
        "why": "They live with it.", "steps": ["One", "Two", "Three"], "to_show": ["A note"], "usual_minutes": 120,
        "kind": "improvement",
    }  # fmt: skip
    return given | changed


# Rubrics


def test_a_rubric_is_changed_in_a_draft_seen_as_a_reviewer_does_and_taken_up_until_reviews_begin():
    manager, wave = a_manager(), a_wave()
    used = wave.rubric
    client = make_client(manager)
    for _ in range(2):
        client.post(f"/staff/rubrics/{used.pk}/draft/")
    draft = Rubric.objects.get(state="draft")
    assert (draft.version, draft.criteria.count()) == (2, used.criteria.count())
    home = f"/staff/rubrics/{draft.pk}/"
    assert client.post(home + "add/", CRITERION | {"anchor_3": " "}).status_code == 422
    assert client.post(home + "add/", CRITERION | {"weight": "0"}).status_code == 422
    assert client.post(home + "add/", CRITERION).status_code == 302
    assert client.post(home + "add/", CRITERION).status_code == 422  # a second click
    added = draft.criteria.get(key="who_it_helps")
    assert (added.anchors[3], added.position) == ("This is a 3", used.criteria.count() + 1)
    client.post(home + "who_it_helps/", CRITERION | {"weight": "4"})
    client.post(home + "who_it_helps/move/", {"up": "1"})
    last = used.criteria.order_by("position").last()
    client.post(home + f"{last.key}/remove/")
    added.refresh_from_db()
    assert added.weight == 4 and draft.criteria.count() == used.criteria.count()
    seen = client.get(home + "preview/").content.decode()
    assert "Who would notice first?" in seen and "5 – This is a 5" in seen and "I cannot judge this" in seen
    assert Criterion.objects.filter(rubric=used, key=last.key).exists()
    take_up = f"/staff/waves/{wave.slug}/score-on/{draft.pk}/"
    assert client.post(take_up).status_code == 409
    client.post(home + "publish/")
    page = client.get(f"/staff/waves/{wave.slug}/").content.decode()
    assert f"Use “{draft}” instead" in page
    client.post(take_up)
    wave.refresh_from_db()
    assert wave.rubric == draft and the_phase(wave).rubric == draft
    assert client.post(home + "who_it_helps/", CRITERION).status_code == 404  # published
    an_assignment(an_application(wave=wave))
    assert f"Use “{used}”" not in client.get(f"/staff/waves/{wave.slug}/").content.decode()
    later = versions.publish(by=manager, versioned=rubrics.new_version(by=manager, rubric=draft))
    with pytest.raises(DomainError, match="Reviews have begun"):
        rubrics.use_in_wave(by=manager, wave=wave, rubric=later)


def test_a_version_with_nothing_in_it_is_not_published_and_a_published_one_does_not_change():
    manager, used = a_manager(), a_wave().rubric
    draft = rubrics.new_version(by=manager, rubric=used)
    draft.criteria.all().delete()
    with pytest.raises(DomainError, match="nothing in this version"):
        versions.publish(by=manager, versioned=draft)
    one = used.criteria.first()
    for refused in (
        lambda: rubrics.save_criterion(by=manager, criterion=one, weight=9),
        lambda: rubrics.remove_criterion(by=manager, criterion=one),
        lambda: rubrics.move_criterion(by=manager, criterion=one, up=True),
        lambda: versions.publish(by=manager, versioned=used),
    ):
        with pytest.raises(DomainError, match="published already"):
            refused()


@pytest.mark.parametrize(
    "bad",
    [
        {"name": ""}, {"name": "x" * 81}, {"asks": " "}, {"weight": 0}, {"weight": 11}, {"anchors": ["a"] * 5},
        {"anchors": ["a"] * 5 + [""]}, {"anchors": ["x" * 201] * 6},
    ],
)  # fmt: skip
def test_a_criterion_that_nobody_could_score_is_refused(bad):
    manager = a_manager()
    draft = rubrics.new_version(by=manager, rubric=a_wave().rubric)
    with pytest.raises(Invalid):
        rubrics.add_criterion(
            by=manager, rubric=draft, **{"name": "Fit", "asks": "Fits?", "weight": 1, "anchors": ["a"] * 6} | bad
        )
    assert draft.criteria.filter(name="Fit").count() == 0


# Roadmap templates


def test_a_roadmap_is_changed_in_a_draft_drawn_and_used_for_innovations_to_come():
    manager, innovation = a_manager(), an_innovation()
    wave, core = innovation.wave, roadmap.publish_template("core")
    client = make_client(manager)
    for _ in range(2):
        client.post(f"/staff/roadmaps/{core.pk}/draft/")
    draft = RoadmapTemplate.objects.get(state="draft")
    before, after = core.rows.get(order=11), draft.rows.get(order=11)
    assert [one.order for one in after.depends_on.order_by("order")] == [7, 8, 9, 10]
    assert set(after.skills.all()) == set(before.skills.all()) and not set(after.depends_on.all()) & set(
        core.rows.all()
    )
    home = f"/staff/roadmaps/{draft.pk}/"
    page = client.get(home).content.decode()
    assert "<svg" in page and "First prototype tested" in page
    needed = draft.rows.get(order=2)
    for _ in range(2):
        client.post(home + "add/", MILESTONE | {"depends_on": [str(needed.pk)]})
    added = draft.rows.get(title="Tell the ward")
    assert (added.order, added.to_show, added.usual_minutes) == (12, ["A note", "A photo"], 120)
    assert client.post(home + f"{added.pk}/", MILESTONE | {"end_week": "2"}).status_code == 422
    client.post(home + f"{added.pk}/", MILESTONE | {"title": "Tell everybody", "depends_on": [str(needed.pk)]})
    client.post(home + f"{added.pk}/move/", {"up": "1"})
    added.refresh_from_db()
    assert (added.title, added.order) == ("Tell everybody", 11)
    client.post(home + f"{needed.pk}/remove/")
    waits_for = core.rows.get(order=2).depends_on.values_list("order", flat=True)
    assert set(added.depends_on.values_list("order", flat=True)) == set(waits_for)
    assert client.post(f"/staff/waves/{wave.slug}/begin-with/{draft.pk}/").status_code == 409
    client.post(home + "publish/")
    draft.refresh_from_db()
    assert len(draft.fingerprint) == 64 and RoadmapTemplate.objects.get(pk=core.pk).state == "superseded"
    client.post(f"/staff/waves/{wave.slug}/begin-with/{draft.pk}/")
    assert Innovation.objects.get(pk=innovation.pk).template == core  # those that exist keep theirs
    other = roadmap_templates.use_in_wave(by=manager, wave=a_wave(), template=draft)
    newer = an_innovation(wave=other)
    assert newer.template == draft and newer.milestones.filter(title="Tell everybody").exists()
    assert roadmap.publish_template("core") == draft  # seeding again leaves staff's version in force


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        ({"title": ""}, "title"), ({"end_week": 2}, "end_week"), ({"end_week": 157}, "end_week"), ({"why": ""}, "why"),
        ({"steps": ["One", "Two"]}, "step_1"), ({"steps": ["One", "Two", ""]}, "step_1"), ({"to_show": []}, "to_show"),
        ({"kind": "luck"}, "kind"), ({"only_tiers": ["D"]}, "only_tiers"), ({"usual_minutes": -1}, "usual_minutes"),
        ({"title": "First prototype tested"}, "title"),
    ],
)  # fmt: skip
def test_a_milestone_that_makes_no_sense_is_refused_at_its_field(bad, field):
    manager = a_manager()
    draft = roadmap_templates.new_version(by=manager, template=roadmap.publish_template("core"))
    with pytest.raises(Invalid) as refused:
        roadmap_templates.add_row(by=manager, template=draft, **milestone(**bad))
    assert refused.value.field == field and draft.rows.count() == 11


def test_a_milestone_waits_only_for_those_before_it_so_that_nothing_goes_round_in_a_ring():
    manager = a_manager()
    draft = roadmap_templates.new_version(by=manager, template=roadmap.publish_template("core"))
    first, second = draft.rows.order_by("order")[:2]
    second.depends_on.set([first])
    fields = {name: getattr(first, name) for name in roadmap_templates.FIELDS}
    for wrong in (second, first, roadmap.publish_template("core").rows.first()):
        with pytest.raises(Invalid, match="before it"):
            roadmap_templates.save_row(by=manager, row=first, depends_on=[wrong], **fields)
    with pytest.raises(DomainError, match="waits for the other"):
        roadmap_templates.move_row(by=manager, row=second, up=True)
    with pytest.raises(DomainError, match="waits for the other"):
        roadmap_templates.move_row(by=manager, row=first, up=False)
    assert roadmap_templates.move_row(by=manager, row=first, up=True).order == 1


def test_only_staff_change_what_waves_are_made_of_and_only_those_who_run_a_wave_take_it_up():
    wave, manager = a_wave(call="ahead"), a_manager()
    core = roadmap.publish_template("core")
    for by in (a_person(), a_reviewer()):
        with pytest.raises(NotAllowed):
            rubrics.new_version(by=by, rubric=wave.rubric)
        with pytest.raises(NotAllowed):
            roadmap_templates.new_version(by=by, template=core)
    stranger = a_person(role="portfolio_manager", scope=a_wave().pk)
    for refused in (
        lambda: rubrics.use_in_wave(by=stranger, wave=wave, rubric=wave.rubric),
        lambda: roadmap_templates.use_in_wave(by=stranger, wave=wave, template=core),
    ):
        with pytest.raises(NotAllowed):
            refused()
    draft = rubrics.new_version(by=manager, rubric=wave.rubric)
    one = draft.criteria.first()
    rubrics.remove_criterion(by=manager, criterion=one)
    draft.criteria.all().delete()
    Rubric.objects.filter(pk=draft.pk).delete()
    with pytest.raises(Missing):
        rubrics.add_criterion(by=manager, rubric=draft, name="Fit", asks="Fits?", weight=1, anchors=["a"] * 6)


def test_the_desk_lists_what_is_in_force_of_each_kind():
    wave = a_wave()
    core = roadmap.publish_template("core")
    page = make_client(a_manager()).get("/staff/waves/").content.decode()
    for one in (wave.question_set, wave.rubric, core):
        assert str(one) in page
