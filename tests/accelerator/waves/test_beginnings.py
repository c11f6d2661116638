"""Questions, rubrics and roadmaps of another name: from nothing, a copy or a table; drafts that are thrown away."""

import csv
import datetime as dt
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accelerator.actions import questions, roadmap, roadmap_templates, rubrics, versions, waves
from accelerator.models import Criterion, HelpKind, Question, QuestionSet, RoadmapTemplate, Rubric, TemplateMilestone
from accelerator.rules import roadmap_table
from tests.accelerator.factories import a_manager, a_person, a_wave
from tests.matrix import make_client
from ui.errors import DomainError, Invalid, NotAllowed

pytestmark = pytest.mark.django_db
HEADINGS = (
    "title,start_week,end_week,why,step_1,step_2,step_3,to_show,hours,kind,depends_on,applies_if,frameworks,skills"
)
ASK = "Ask the ward,0,2,They live with it.,Ask one,Ask two,Ask all,A note; a photo,2,Improvement,,,,\n"
TRY = "Try it,2,6,Small is safe.,Draw,Show,Change,What changed,4,digital,1,device; b,NICE ESF,Coaching\n"
TABLE = f"{HEADINGS}\n{ASK}{TRY}"


def a_table(text=TABLE, name="roadmap.csv", encoding="utf-8"):
    return SimpleUploadedFile(name, text.encode(encoding), content_type="text/csv")


def test_a_programme_makes_its_own_questions_from_nothing_with_the_two_that_other_pages_need():
    client = make_client(a_manager())
    wave = a_wave(call="ahead")
    form = {"name": "Cwestiynau Cymru"}
    answered = client.post("/staff/questions/new/", form)
    made = QuestionSet.objects.get(name="Cwestiynau Cymru")
    assert answered.url == f"/staff/questions/{made.pk}/" and made.state == "draft"
    assert {one.key for one in made.questions.all()} == questions.NEEDED
    again = client.post("/staff/questions/new/", form | {"name": "cwestiynau cymru"})
    assert again.status_code == 422 and "one of this name" in again.content.decode()
    client.post(f"/staff/questions/{made.pk}/publish/")
    assert wave.question_set.state == "published"  # the others stay in force beside it
    client.post(f"/staff/waves/{wave.slug}/ask/{made.pk}/")
    wave.refresh_from_db()
    assert wave.question_set == made


def test_what_is_begun_as_a_copy_holds_the_same_and_goes_its_own_way():
    manager, wave = a_manager(), a_wave()
    client = make_client(manager)
    client.post("/staff/questions/new/", {"name": "Ours", "like": str(wave.question_set.pk)})
    client.post("/staff/rubrics/new/", {"name": "Ours", "like": str(wave.rubric.pk)})
    ours, rubric = QuestionSet.objects.get(name="Ours"), Rubric.objects.get(name="Ours")
    keys = wave.question_set.questions.order_by("position").values_list("key", flat=True)
    assert list(ours.questions.order_by("position").values_list("key", flat=True)) == list(keys)
    assert rubric.criteria.count() == wave.rubric.criteria.count() > 0
    first = rubric.criteria.first()
    rubrics.save_criterion(by=manager, criterion=first, name="Something else")
    assert not wave.rubric.criteria.filter(name="Something else").exists()


def test_a_rubric_from_nothing_is_empty_and_is_not_published_so():
    client = make_client(a_manager())
    client.post("/staff/rubrics/new/", {"name": "From nothing"})
    made = Rubric.objects.get(name="From nothing")
    assert "There is no criterion in it yet." in client.get(f"/staff/rubrics/{made.pk}/").content.decode()
    assert client.post(f"/staff/rubrics/{made.pk}/publish/").status_code == 409


def test_a_roadmap_is_read_from_a_table():
    client = make_client(a_manager())
    roadmap.publish_template("core")
    page = client.get("/staff/roadmaps/new/").content.decode()
    assert "step_1, step_2, step_3" in page and "Core roadmap, 30 weeks, version 1" in page
    client.post("/staff/roadmaps/new/", {"name": "Short roadmap", "table": a_table()})
    made = RoadmapTemplate.objects.get(name="Short roadmap")
    ask, try_it = made.rows.order_by("order")
    assert (made.title, made.version, str(made)) == ("Short roadmap", 1, "Short roadmap, version 1")
    assert (ask.title, ask.start_week, ask.end_week, ask.usual_minutes) == ("Ask the ward", 0, 2, 120)
    assert (ask.steps, ask.to_show) == (["Ask one", "Ask two", "Ask all"], ["A note", "a photo"])
    assert (ask.kind, try_it.kind) == (HelpKind.IMPROVEMENT, HelpKind.DIGITAL)
    assert (try_it.only_device, try_it.only_tiers, try_it.frameworks) == (True, ["B"], ["NICE ESF"])
    assert list(try_it.depends_on.all()) == [ask] and [one.name for one in try_it.skills.all()] == ["Coaching"]
    assert "Ask the ward" in client.get(f"/staff/roadmaps/{made.pk}/").content.decode()


def test_a_table_reads_back_as_it_was_written_formulas_and_all():
    manager, core = a_manager(), roadmap.publish_template("core")
    draft = roadmap_templates.new_version(by=manager, template=core)
    first = draft.rows.get(order=1)
    fields = {name: getattr(first, name) for name in roadmap_templates.FIELDS} | {"why": "=1+1, said she: “why”\nso"}
    roadmap_templates.save_row(by=manager, row=first, **fields)
    answered = make_client(manager).get(f"/staff/roadmaps/{draft.pk}/table.csv")
    content = b"".join(answered.streaming_content)
    assert "'=1+1" in content.decode() and 'filename="roadmap-core-2.csv"' in answered["Content-Disposition"]
    made = roadmap_templates.begin(by=manager, name="Again", table=content)

    def told(template):
        return [
            [getattr(row, name) for name in roadmap_templates.FIELDS]
            + [[one.order for one in row.depends_on.order_by("order")], {skill.pk for skill in row.skills.all()}]
            for row in template.rows.order_by("order")
        ]

    assert told(made) == told(draft)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "needs these columns"), (f"{HEADINGS}\n", "no milestone"), ("title,why\nA,B\n", "start_week"),
        (TABLE.replace(",digital,1,", ",luck,1,"), "Row 3: “kind”"), (TABLE.replace(",0,2,", ",soon,2,"), "Row 2: “start_week”"),
        (TABLE.replace(",digital,1,", ",digital,7,"), "names 7"), (TABLE.replace("Coaching", "Juggling"), "Row 3: These skills"),
        (TABLE.replace("Try it", "Ask the ward"), "Row 3: There is a milestone"), (TABLE.replace("Draw", ""), "Row 3: Write three"),
        (TABLE.replace("device; b", "device; d"), "Row 3: Choose"), (TABLE.replace(",2,6,", ",6,2,"), "Row 3: It must end"),
        (f"order,{HEADINGS}\n1,{ASK}1,{TRY}", "Row 3: Two rows are number 1"), ("\0\1", "not a CSV"),
        (f"{HEADINGS}\n{ASK * 61}", "up to 60"),
    ],
)  # fmt: skip
def test_a_table_that_is_wrong_says_in_which_row_and_begins_nothing(text, said):
    answered = make_client(a_manager()).post("/staff/roadmaps/new/", {"name": "Wrong", "table": a_table(text or " ")})
    assert answered.status_code == 422 and said in answered.content.decode()
    assert not RoadmapTemplate.objects.filter(name="Wrong").exists() and not TemplateMilestone.objects.exists()


def test_a_table_from_excel_with_semicolons_and_windows_letters_is_read_too():
    text = "\r\n".join(
        ";".join(f'"{cell}"' for cell in row) for row in csv.reader(io.StringIO(TABLE.replace("Ask the ward", "Café")))
    )
    rows = roadmap_table.read(text.encode("cp1252"), HelpKind.choices)
    assert [row.fields["title"] for row in rows] == ["Café", "Try it"] and rows[1].depends_on == ["1"]


def test_a_roadmap_begins_with_a_table_or_a_copy_but_not_both_and_only_with_a_csv():
    client = make_client(a_manager())
    core = roadmap.publish_template("core")
    both = client.post("/staff/roadmaps/new/", {"name": "Both", "like": str(core.pk), "table": a_table()})
    other = client.post("/staff/roadmaps/new/", {"name": "Other", "table": a_table(name="roadmap.xlsx")})
    assert both.status_code == other.status_code == 422 and "not both" in both.content.decode()
    client.post("/staff/roadmaps/new/", {"name": "Like core", "like": str(core.pk)})
    made = RoadmapTemplate.objects.get(name="Like core")
    assert made.rows.count() == core.rows.count() and made.title == "Like core"


def test_a_draft_is_thrown_away_with_all_that_is_in_it_and_nothing_else():
    manager, wave = a_manager(), a_wave()
    core = roadmap.publish_template("core")
    client = make_client(manager)
    drafts = [
        ("questions", questions.new_version(by=manager, question_set=wave.question_set)),
        ("rubrics", rubrics.new_version(by=manager, rubric=wave.rubric)),
        ("roadmaps", roadmap_templates.new_version(by=manager, template=core)),
    ]
    held = Question.objects.count(), Criterion.objects.count(), TemplateMilestone.objects.count()
    for kind, draft in drafts:
        assert "Throw this draft away" in client.get(f"/staff/{kind}/{draft.pk}/").content.decode()
        assert client.post(f"/staff/{kind}/{draft.pk}/discard/").status_code == 302
        assert client.post(f"/staff/{kind}/{draft.pk}/discard/").status_code == 404  # a second click
        assert not type(draft).objects.filter(state="draft").exists()
    now = Question.objects.count(), Criterion.objects.count(), TemplateMilestone.objects.count()
    assert [count * 2 for count in now] == list(held)
    assert client.post(f"/staff/rubrics/{wave.rubric.pk}/discard/").status_code == 409
    with pytest.raises(DomainError, match="published already"):
        versions.discard(by=manager, versioned=core)


def test_a_preview_shows_every_question_as_applicants_have_it():
    manager = a_manager()
    draft = questions.new_version(by=manager, question_set=a_wave().question_set)
    for number, kind in enumerate(("number", "date", "file", "team", "short_text")):
        questions.add_question(
            by=manager, question_set=draft, short=f"Kind {number}", section="More", text=f"Of kind {kind}?", kind=kind
        )
    page = make_client(manager).get(f"/staff/questions/{draft.pk}/preview/").content.decode()
    for one in draft.questions.all():
        assert one.short and f'id="id_{one.key}-answer' in page
    assert page.count("<h1") == 1 and "names, faces, dates of birth" in page and "csrf" not in page


def test_the_page_says_on_which_answer_a_question_hangs():
    manager = a_manager()
    draft = questions.new_version(by=manager, question_set=a_wave().question_set)
    questions.add_question(
        by=manager, question_set=draft, short="Which data", section="More", text="Which?", kind="long_text",
        required_if_key="flags", required_if_value="data",
    )  # fmt: skip
    page = make_client(manager).get(f"/staff/questions/{draft.pk}/").content.decode()
    assert "must be answered by those who chose “Data and safety: Use information about patients”" in page


@pytest.mark.parametrize("name", ["", " ", "x" * 101])
def test_only_staff_begin_something_and_only_with_a_name(name):
    begins = (questions.begin, rubrics.begin, roadmap_templates.begin)
    for begin in begins:
        with pytest.raises(Invalid) as refused:
            begin(by=a_manager(), name=name)
        assert refused.value.field == "name"
        for by in (a_person(), a_person(role="reviewer"), a_person(role="broker")):
            with pytest.raises(NotAllowed):
                begin(by=by, name="Mine")


def test_the_next_wave_of_a_programme_begins_with_what_its_last_one_asks_and_scores():
    manager, shipped = a_manager(), a_wave()
    ours = versions.publish(by=manager, versioned=questions.begin(by=manager, name="Ours"))
    wave = waves.plan_new(by=manager, programme=None, programme_name="Cymru", **a_plan("First"))
    assert wave.question_set == shipped.question_set
    core = roadmap.publish_template("core")
    questions.use_in_wave(by=manager, wave=wave, question_set=ours)
    roadmap_templates.use_in_wave(by=manager, wave=wave, template=core)
    later = versions.publish(by=manager, versioned=questions.new_version(by=manager, question_set=ours))
    made = waves.plan_new(by=manager, programme=wave.programme, **a_plan("Second"))
    assert (made.question_set, made.rubric, made.roadmap_template) == (later, shipped.rubric, core)


def a_plan(name):
    now, day = timezone.now(), dt.timedelta(days=1)
    today = timezone.localdate()
    return {
        "name": name, "call_opens": now + 2 * day, "call_closes": now + 20 * day, "support_starts": today + 40 * day,
        "community_starts": today + 80 * day, "evaluation_starts": today + 120 * day, "ends": today + 150 * day,
    }  # fmt: skip
