"""Fields draw themselves completely and say clearly what is wrong."""

import datetime as dt
import uuid

import pytest
from django import forms as django_forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template import engines
from django.utils import timezone

from tests.ui.html import normalised
from ui import forms
from ui.errors import Invalid
from ui.gallery import EveryField


def make(**fields):
    return type("Made", (forms.Form,), fields)


def only(html, tag):
    """The attributes of each element of one kind."""
    return [token[1] for token in normalised(html) if isinstance(token, tuple) and token[0] == tag]


def words(html):
    return " ".join(token for token in normalised(html) if isinstance(token, str))


def errors_of(field, **data):
    form = make(x=field)(data)
    form.is_valid()
    return form.errors.get("x", [])


def value_of(field, **data):
    form = make(x=field)(data)
    assert form.is_valid(), form.errors
    return form.cleaned_data["x"]


def test_a_text_field_has_its_label_hint_error_and_keyboard():
    field = forms.EmailField(label="Email address", help_text="We send a code", missing="Enter your email address")
    html = make(x=field)({"x": ""})["x"].as_field_group()
    [control] = only(html, "input")
    assert control["type"] == "email" and control["autocomplete"] == "email" and control["spellcheck"] == "false"
    assert control["aria-describedby"] == "id_x-hint id_x-error"
    assert only(html, "label")[0]["for"] == control["id"] == "id_x"
    assert words(html) == "Email address We send a code Error: Enter your email address"


def test_what_was_typed_comes_back_escaped():
    html = make(x=forms.CharField(max_length=5))({"x": "<script>alert(1)</script>"})["x"].as_field_group()
    assert "<script>" not in html
    assert only(html, "input")[0]["value"] == "<script>alert(1)</script>"
    assert "Use 5 characters or fewer. You have used 25." in words(html)


def test_above_several_questions_an_error_that_could_be_of_any_names_its_own():
    fields = {
        "title": forms.CharField(label="Title", max_length=5),
        "kind": forms.ChoiceField(label="What is it for?", choices=[("a", "A")]),
        "when": forms.CharField(label="When", missing="Say when"),
    }
    both = make(**fields)({"title": "far too long"})
    told = [item["text"] for item in forms.error_summary_params(both)["errorList"]]
    assert told == [
        "Title: Use 5 characters or fewer. You have used 12.",
        "What is it for? Choose one",
        "Say when",
    ]
    assert "Error: Use 5 characters or fewer." in words(both["title"].as_field_group())

    alone = make(title=fields["title"])({"title": "far too long"})
    assert forms.error_summary_params(alone)["errorList"][0]["text"] == "Use 5 characters or fewer. You have used 12."


def test_a_label_can_be_the_h1_of_the_page():
    text = make(x=forms.CharField(label="Your name", page_heading=True))()["x"].as_field_group()
    radios = make(x=forms.ChoiceField(label="Which?", choices=[("a", "A")], page_heading=True))()["x"].as_field_group()
    for html in (text, radios):
        assert len(only(html, "h1")) == 1


def test_optional_fields_say_so_except_in_filters():
    kind = make(x=forms.CharField(label="Ward", required=False))
    assert words(kind()["x"].as_field_group()) == "Ward (optional)"
    kind.mark_optional = False
    assert words(kind()["x"].as_field_group()) == "Ward"


def test_radios_keep_the_choice_show_hints_and_link_the_error_to_the_first():
    field = forms.ChoiceField(label="Kind", choices=[("a", "Apples"), ("b", "Pears")], hints={"b": "Ripe ones"})
    chosen = make(x=field)(data={"x": "b"})
    html = chosen["x"].as_field_group()
    assert [("checked" in control) for control in only(html, "input")] == [False, True]
    assert "Ripe ones" in words(html)
    wrong = make(x=field)({"x": "plums"})
    assert wrong.errors["x"] == ["Choose one of the answers in the list"]
    assert forms.error_summary_params(wrong)["errorList"][0]["href"] == "#id_x"


class Revealing(forms.Form):
    work = forms.ChoiceField(choices=[("ward", "Ward"), ("no", "Elsewhere")], reveals={"ward": "ward"})
    ward = forms.CharField(missing="Enter the ward", max_length=4)


def test_a_revealed_question_is_asked_only_where_its_answer_was_given():
    asked = Revealing({"work": "ward", "ward": ""})
    assert asked.errors == {"ward": ["Enter the ward"]}
    assert 'id="conditional-id_work"' in asked["work"].as_field_group()
    assert [bound.name for bound in asked.visible_groups()] == ["work"]
    not_asked = Revealing({"work": "no", "ward": "far too long"})
    assert not_asked.is_valid()
    assert not_asked.cleaned_data["ward"] == ""


@pytest.mark.parametrize(
    ("typed", "minutes"),
    [("1.5", 90), ("1,5", 90), ("1:30", 90), ("1 h 30", 90), ("1h30m", 90), ("90 min", 90), ("2", 120), ("2 hours", 120),
     (" 0.25 ", 15), ("45 minutes", 45)],
)  # fmt: skip
def test_hours_are_read_as_people_write_them(typed, minutes):
    assert value_of(forms.HoursField(), x=typed) == minutes


@pytest.mark.parametrize(
    ("typed", "message"),
    [("", "Enter the time in hours, like 1.5"), ("an hour", "Enter the time in hours, like 1.5 or 1 h 30"),
     ("-1", "Enter more than 0 hours"), ("−1.5", "Enter more than 0 hours"), ("-x", "Enter the time in hours, like 1.5 or 1 h 30"),
     ("1.1", "Round the time to a quarter of an hour: 1 h or 1 h 15"),
     ("5 min", "Round the time to a quarter of an hour: 15 min"), ("23:50", "Round the time to a quarter of an hour: 23 h 45 or 24 h"),
     ("0", "Enter more than 0 hours"), ("99999", "Enter 24 h or less"), ("99999 min", "Enter 24 h or less"),
     ("25", "Enter 24 h or less. For minutes, write “25 min”"), ("25 h", "Enter 24 h or less"),
     ("1e3", "Enter the time in hours, like 1.5 or 1 h 30"),
     ("99999999999", "Enter 24 h or less"), ("9" * 40, "Enter the time in hours, like 1.5 or 1 h 30")],
)  # fmt: skip
def test_hours_that_cannot_be_used_are_explained(typed, message):
    assert errors_of(forms.HoursField(), x=typed) == [message]


def test_nothing_is_an_answer_where_no_hours_may_be_needed_but_less_than_nothing_is_not():
    assert value_of(forms.HoursField(min_minutes=0), x="0") == 0
    assert errors_of(forms.HoursField(min_minutes=0), x="-1") == ["Enter 0 hours or more"]


def test_minutes_are_shown_as_hours_in_the_box():
    assert only(make(x=forms.HoursField(initial=75))()["x"].as_field_group(), "input")[0]["value"] == "1.25"


@pytest.mark.parametrize(
    ("day", "month", "year", "message"),
    [("", "", "", "Enter a date"), ("1", "", "2026", "The date must include a month"),
     ("", "", "2026", "The date must include a day and a month"), ("31", "2", "2026", "Enter a real date, like 27 3 2026"),
     ("1", "1", "26", "The year must have 4 numbers, like 2026"), ("x", "y", "zzzz", "Enter a real date, like 27 3 2026"),
     ("9" * 40, "1", "2026", "Enter a real date, like 27 3 2026"), ("1", "9" * 5000, "2026", "Enter a real date, like 27 3 2026"),
     ("1", "1", "9" * 40, "The year must have 4 numbers, like 2026"), ("1\x00", "1", "2026", "Enter a real date, like 27 3 2026"),
     ("1", "1", "2020", "The date must be 1 January 2025 or later")],
)  # fmt: skip
def test_dates_that_cannot_be_used_are_explained(day, month, year, message):
    field = forms.DateField(earliest=dt.date(2025, 1, 1))
    assert errors_of(field, **{"x-day": day, "x-month": month, "x-year": year}) == [message]


def test_a_day_that_is_past_is_told_of_today():
    today = timezone.localdate()
    past = {"x-day": "1", "x-month": "1", "x-year": "2020"}
    assert errors_of(forms.DateField(earliest=today), **past) == ["The date must be today or later"]
    now = {"x-day": str(today.day), "x-month": str(today.month), "x-year": str(today.year)}
    assert value_of(forms.DateField(earliest=today), **now) == today


def test_a_month_may_be_written_out():
    assert value_of(forms.DateField(), **{"x-day": "3", "x-month": "Feb", "x-year": "2026"}) == dt.date(2026, 2, 3)


def test_the_summary_links_to_the_box_that_is_wrong_and_what_was_typed_stays():
    form = make(x=forms.DateField(label="Due"))({"x-day": "3", "x-month": "", "x-year": "2026"})
    assert forms.error_summary_params(form)["errorList"][0]["href"] == "#id_x-month"
    boxes = only(form["x"].as_field_group(), "input")
    assert [box.get("value") for box in boxes] == ["3", None, "2026"] or [box["value"] for box in boxes] == [
        "3",
        "",
        "2026",
    ]
    assert ["nhsuk-input--error" in box["class"] for box in boxes] == [False, True, False]


def test_too_many_words_are_counted_as_the_browser_counts_them():
    assert errors_of(forms.TextField(max_words=3), x="one two\nthree  four") == [
        "Use 3 words or fewer. You have used 4."
    ]
    assert value_of(forms.TextField(max_words=3), x="one\r\ntwo") == "one\ntwo"


def test_numbers_may_have_commas_and_must_be_whole():
    assert value_of(forms.IntegerField(), x="1,200") == 1200
    assert errors_of(forms.IntegerField(), x="1.5") == ["Enter a whole number, like 12"]
    assert errors_of(forms.IntegerField(min_value=1), x="0") == ["Enter a number that is 1 or more"]


def test_a_file_of_the_wrong_kind_or_size_is_refused():
    def errors(name, size):
        form = make(x=forms.FileField(types=("pdf",), max_bytes=10))({}, {"x": SimpleUploadedFile(name, b"x" * size)})
        form.is_valid()
        return form.errors.get("x", [])

    assert errors("a.exe", 5) == ["Choose a file of one of these kinds: PDF"]
    assert errors("a.PDF", 5) == []
    assert "smaller than 10" in errors("a.pdf", 11)[0]


def test_a_domain_error_is_shown_at_its_field_or_at_the_top():
    form = make(x=forms.CharField())({"x": "taken"})
    assert form.is_valid()
    form.add_domain_error(Invalid("Somebody has that name.", field="x"))
    form.add_domain_error(Invalid("The call has closed."))
    items = forms.error_summary_params(form)["errorList"]
    assert items == [{"text": "The call has closed."}, {"text": "Somebody has that name.", "href": "#id_x"}]


def test_a_keyed_form_brings_a_new_key_each_time_and_keeps_it_when_shown_again():
    first, second = (only(str(forms.KeyedForm()["key"]), "input")[0]["value"] for _ in range(2))
    assert uuid.UUID(first) != uuid.UUID(second)
    again = forms.KeyedForm({"key": first})
    assert only(str(again["key"]), "input")[0] == {"type": "hidden", "name": "key", "id": "id_key", "value": first}
    missing = forms.KeyedForm({})
    assert "This page is out of date" in forms.error_summary_params(missing)["errorList"][0]["text"]


def test_every_id_in_a_form_full_of_errors_is_unique_and_every_summary_link_leads_somewhere():
    form = EveryField({})
    html = (
        engines["django"]
        .from_string("{% for field in form.visible_groups %}{{ field.as_field_group }}{% endfor %}")
        .render({"form": form})
    )
    ids = [token[1]["id"] for token in normalised(html) if isinstance(token, tuple) and "id" in token[1]]
    assert len(ids) == len(set(ids))
    links = [item["href"][1:] for item in forms.error_summary_params(form)["errorList"] if "href" in item]
    assert len(links) == 11 and set(links) <= set(ids)


def test_forms_of_other_packages_look_like_ours():
    class Foreign(django_forms.Form):
        password = django_forms.CharField(widget=django_forms.PasswordInput)
        size = django_forms.ChoiceField(choices=[("s", "Small")])

    form = Foreign({"password": "secret"})
    assert "secret" not in form["password"].as_field_group()
    assert "nhsuk-select" in form["size"].as_field_group()


def test_what_one_form_changes_in_the_look_of_a_field_stays_its_own():
    class Asks(forms.Form):
        what = forms.ChoiceField(label="What?", choices=[("a", "A"), ("b", "B")], reveals={"b": "why"})
        why = forms.CharField(label="Why?")

    without = Asks()
    without.fields["what"].look["reveals"] = {}
    assert Asks(data={"what": "a"}).is_valid()
    assert not Asks(data={"what": "b"}).is_valid()
