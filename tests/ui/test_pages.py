"""Front, home and the page kinds: what they show, where they go, what bad input does."""

import datetime as dt

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import timezone
from django_htmx.middleware import HtmxMiddleware

from audit.models import Event
from tests.signing_in import sign_in
from tests.ui.html import normalised
from ui import forms, registries, views
from ui.errors import DomainError, Invalid


def ask(view, method="get", data=None, path="/x"):
    request = getattr(RequestFactory(), method)(path, data or {})
    request.user = AnonymousUser()
    HtmxMiddleware(lambda request: HttpResponse())(request)
    response = view(request)
    return response.render() if hasattr(response, "render") else response


def words(response):
    return " ".join(token for token in normalised(response.content.decode()) if isinstance(token, str))


@pytest.fixture
def registry(monkeypatch):
    """Fills one registry for one test."""

    def fill(name, *entries):
        monkeypatch.setattr(getattr(registries, name), "_entries", list(entries))

    return fill


def test_the_front_page_shows_two_doors_the_calendar_and_the_figures(client, db, registry):
    today = timezone.localdate()
    day = dt.timedelta(days=1)
    stages = [
        registries.Stage("Call", today - 9 * day, today),
        registries.Stage("Support", today, today),
        registries.Stage("Review", today + 9 * day, today + 10 * day),
    ]
    registry(
        "front_calendar",
        registries.FrontCalendar(lambda: None),
        registries.FrontCalendar(lambda: registries.Calendar("Wave 2", stages)),
    )
    registry(
        "public_figures", registries.PublicFigure(lambda: ("12 h", "exchanged")), registries.PublicFigure(lambda: None)
    )
    registry(
        "front_doors", registries.FrontDoor("idea", lambda: "/idea"), registries.FrontDoor("hour", lambda: "/hour")
    )
    response = client.get("/")
    html = response.content.decode()
    assert response.status_code == 200
    assert 'href="/idea"' in html and 'href="/hour"' in html
    assert "12 h" in words(response) and "Wave 2" in words(response)
    assert "Support" in html.split('aria-current="step"')[1].split("</li>")[0]
    assert html.count("You are here") == 1


def test_the_calendar_knows_past_now_and_next_on_the_day_itself():
    today = timezone.localdate()
    stages = [
        registries.Stage("a", today - dt.timedelta(1), today),
        registries.Stage("b", today, today + dt.timedelta(1)),
    ]
    assert [stage["state"] for stage in views.on_the_line(stages)] == ["past", "now"]
    assert views.on_the_line([]) == []


def test_home_is_for_people_who_are_signed_in(client, db):
    response = client.get("/home/")
    assert response.status_code == 302 and "next=/home" in response["Location"]


def test_home_shows_what_waits_first_and_says_so_where_nothing_does(client, actor, registry):
    sign_in(client, actor)
    registry("home_cards")
    assert "Nothing is waiting for you." in words(client.get("/home/"))
    build = lambda user: {"text": f"For {user.name}"}  # noqa: E731 - the registry takes a function
    registry(
        "home_cards",
        registries.HomeCard("ui/empty.html", lambda user: {"text": "Something nice"}, kind="enjoy", order=1),
        registries.HomeCard("ui/empty.html", build, order=2),
        registries.HomeCard("ui/empty.html", lambda user: None),
    )
    shown = words(client.get("/home/"))
    assert shown.index("For Ada Actor") < shown.index("Something nice")


def test_navigation_shows_what_the_person_may_see_and_marks_where_they_are(client, actor, registry):
    registry(
        "navigation",
        registries.NavigationEntry("Home", "ui:home", lambda user: True),
        registries.NavigationEntry("Secret", "ui:front", lambda user: False),
        registries.NavigationEntry("Gone", "ui:no_such_page", lambda user: True),
    )
    registry("home_cards")
    sign_in(client, actor)
    html = client.get("/home/").content.decode()
    nav = html.split('aria-label="Menu"')[1].split("</nav>")[0]
    assert 'href="/home/" aria-current="page"' in nav
    assert "Secret" not in nav and "Gone" not in nav


class Question(forms.Form):
    name = forms.CharField(label="Name it", missing="Enter a name")


class Ask(views.QuestionPage):
    form_class = Question
    kept: list = []

    def save(self, form):
        if form.cleaned_data["name"] == "taken":
            raise Invalid("That name is taken.", field="name")
        if form.cleaned_data["name"] == "closed":
            raise DomainError("The call has closed.")
        self.kept.append(form.cleaned_data["name"])

    def next_url(self):
        return "/next"

    def check_url(self):
        return "/check"


def test_a_single_question_is_the_h1_and_the_title(db):
    html = ask(Ask.as_view()).content.decode()
    assert html.count("<h1") == 1 and "<title>Name it – " in html


def test_a_good_answer_goes_on_and_a_changed_one_goes_back_to_check(db):
    Ask.kept.clear()
    assert ask(Ask.as_view(), "post", {"name": "A"})["Location"] == "/next"
    assert ask(Ask.as_view(), "post", {"name": "B"}, path="/x?change=1")["Location"] == "/check"
    assert Ask.kept == ["A", "B"]


@pytest.mark.parametrize(("typed", "message"), [("", "Enter a name"), ("taken", "That name is taken.")])
def test_a_bad_answer_is_422_with_what_was_typed_and_the_title_says_error(db, typed, message):
    Ask.kept.clear()
    response = ask(Ask.as_view(), "post", {"name": typed})
    html = response.content.decode()
    assert response.status_code == 422 and Ask.kept == []
    assert "<title>Error: Name it – " in html
    assert 'href="#id_name"' in html and message in words(response)
    assert typed == "" or f'value="{typed}"' in html


def test_an_error_that_is_not_about_the_answer_is_left_to_its_page(db):
    with pytest.raises(DomainError, match=r"The call has closed\."):
        ask(Ask.as_view(), "post", {"name": "closed"})


def test_answers_are_shown_as_written_with_their_change_links(db):
    class Check(views.CheckAnswers):
        sent: list = []

        def sections(self):
            return [("You", [views.answer("Idea?", "one\n<two>", "/q?step=2"), views.answer("Site?", "", "/site")])]

        def submit(self):
            self.sent.append(1)

        def next_url(self):
            return "/done"

    html = ask(Check.as_view()).content.decode()
    assert "one<br>&lt;two&gt;" in html and 'href="/q?step=2&amp;change=1"' in html and 'href="/site?change=1"' in html
    assert "Not answered" in html
    assert ask(Check.as_view(), "post")["Location"] == "/done" and Check.sent == [1]


def test_a_task_list_counts_what_is_done_and_does_not_link_what_cannot_start(db):
    class Tasks(views.TaskList):
        title = "Apply"

        def sections(self):
            return [
                ("Parts", [views.task("One", "/1", "done"), views.task("Two", "/2"), views.task("Send", "/3", "later")])
            ]

    response = ask(Tasks.as_view())
    assert "You have completed 1 of 3." in words(response)
    assert b'href="/2"' in response.content and b'href="/3"' not in response.content


class Rows(views.ListPage):
    title = "Rows"
    page_size = 2

    class filter_form(forms.Form):
        verb = forms.CharField(required=False, max_length=20)

    def items(self, verb=""):
        rows = Event.objects.order_by("id")
        return rows.filter(verb=verb) if verb else rows


@pytest.fixture
def rows(db):
    from audit.actions import record

    for verb in ["a.a.a"] * 3 + ["b.b.b"]:
        record(by=None, verb=verb, obj=None)


def test_a_list_counts_filters_and_pages_by_its_address(rows):
    everything = ask(Rows.as_view())
    assert "4 results" in words(everything) and b'href="/x?page=2"' in everything.content
    filtered = ask(Rows.as_view(), data={"verb": "a.a.a", "page": "2"})
    assert "3 results" in words(filtered) and b"verb=a.a.a&amp;page=1" in filtered.content
    assert b"<title>Rows (page 2 of 2)" in filtered.content


@pytest.mark.parametrize("page", ["0", "-1", "999", "x", "1" * 50])
def test_a_page_that_does_not_exist_shows_the_nearest(rows, page):
    assert ask(Rows.as_view(), data={"page": page}).status_code == 200


def test_an_empty_list_says_what_to_do(rows):
    assert "Nothing here yet." in words(ask(Rows.as_view(), data={"verb": "c.c.c"}))
