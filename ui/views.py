"""The pages of nobody's room (front, home, errors, gallery) and the page kinds that the rooms subclass."""

import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.core.paginator import Paginator
from django.db import InterfaceError, OperationalError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.template.defaultfilters import linebreaksbr
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe
from django.views.generic import FormView, TemplateView

from ui import registries
from ui.context_processors import address
from ui.forms import Form

# --- Error pages ---

HEADINGS = {
    400: gettext_lazy("We could not read that"),
    403: gettext_lazy("You cannot do this"),
    404: gettext_lazy("Page not found"),
    405: gettext_lazy("This page has been left"),
    409: gettext_lazy("This cannot be done now"),
    410: gettext_lazy("This is gone"),
    413: gettext_lazy("This is too large to send"),
    422: gettext_lazy("Something needs changing"),
    429: gettext_lazy("Too many tries"),
    500: gettext_lazy("Sorry, something went wrong"),
    503: gettext_lazy("Sorry, the service is not available"),
}
WHAT_NOW = {
    400: gettext_lazy("Go back, check what you entered and try again."),
    403: gettext_lazy("If you think that you should be able to, ask the person who runs your wave."),
    404: gettext_lazy("Check the address, or start from the home page."),
    405: gettext_lazy(
        "A form was sent from here. Go back to its page to see how things stand, or to fill it in again."
    ),
    409: gettext_lazy("Nothing has been changed."),
    410: gettext_lazy(
        "Go back and reload the page to see how things stand. If you need it, ask the person who sent it to send it again."
    ),
    413: gettext_lazy("Go back: what you typed is still there. Choose smaller files, or fewer, and send it again."),
    422: gettext_lazy("Go back, change it and try again."),
    429: gettext_lazy("Wait a few minutes, then try again."),
    500: gettext_lazy("We have been told. Try again in a few minutes: anything you had saved is safe."),
    503: gettext_lazy("Try again in a few minutes: anything you had saved is safe."),
}
WITHOUT_DATABASE = {500, 503}
TOO_MUCH = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)


def error_response(
    request: HttpRequest, status: int, message: str = "", *, typed: Sequence[str] = (), back: str = ""
) -> HttpResponse:
    """An error as its reader needs it: a page; for htmx the message alone, put where the page says errors; or JSON.
    `typed` is what they had written on the form that is refused: the page gives it back to them. `back` is an address that
    helps them on."""
    context = {
        "status": status,
        "heading": HEADINGS[status],
        "message": message or WHAT_NOW[status],
        "typed": typed,
        "back": back,
        "what_now": WHAT_NOW[status] if message and status in {403, 404, 410, 429} else "",
    }
    if getattr(request, "htmx", False):
        response = HttpResponse(render_to_string("ui/errors/fragment.html", context), status=status)
        response["HX-Retarget"], response["HX-Reswap"] = "#page-messages", "innerHTML show:top"
        return response
    if not request.accepts("text/html") and request.accepts("application/json"):
        return JsonResponse({"error": str(context["message"]), "status": status}, status=status)
    if status in WITHOUT_DATABASE:
        nonce = getattr(request, "csp_nonce", "")
        page = render_to_string("ui/errors/bare.html", {**context, "CSP_NONCE": nonce})
        return HttpResponse(
            page, status=status, headers={"Retry-After": "60"} if status == HTTPStatus.SERVICE_UNAVAILABLE else {}
        )
    return render(request, "ui/errors/error.html", context, status=status)


@login_not_required
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400; or 413 where a form has more fields or files, or longer ones, than any form of ours."""
    return error_response(request, 413 if isinstance(exception, TOO_MUCH) else 400)


@login_not_required
def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_response(request, 403, str(exception))


@login_not_required
def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_response(request, 404)


@login_not_required
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form was open too long, or came from elsewhere."""
    message = _("This page was open for too long. Go back, reload the page and try again. Nothing has been changed.")
    return error_response(request, 403, message)


@login_not_required
def server_error(request: HttpRequest) -> HttpResponse:
    """500; or 503 where the database cannot be reached. Asks nothing of the database."""
    unreachable = isinstance(sys.exc_info()[1], (OperationalError, InterfaceError))
    return error_response(request, 503 if unreachable else 500)


# --- Front and home ---


@require_safe
@login_not_required
def front(request: HttpRequest) -> HttpResponse:
    """The public front page: what this is, two doors, the calendar, live figures."""
    doors = {entry.door: entry.url() for entry in registries.front_doors}
    elsewhere = address("people:sign_in")
    context = {
        "doors": {"idea": doors.get("idea", elsewhere), "hour": doors.get("hour", elsewhere)},
        "calendar": front_calendar(),
        "figures": [figure for entry in registries.public_figures if (figure := entry.read())],
    }
    return render(request, "ui/front.html", context)


def front_calendar() -> dict[str, Any] | None:
    """The first calendar that a room offers, as the line draws it."""
    for entry in registries.front_calendar:
        if calendar := entry.read():
            return vars(calendar) | {"stages": on_the_line(calendar.stages)}
    return None


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What waits for me, then what I might enjoy; filled by the rooms."""
    cards: dict[str, list[dict[str, Any]]] = {"waiting": [], "enjoy": []}
    for card in registries.home_cards:
        context = card.build(request.user)
        if context is not None:
            cards[card.kind].append({"html": render_to_string(card.template, context, request=request)})
    return render(request, "ui/home.html", cards)


def on_the_line(stages: list[registries.Stage]) -> list[dict[str, Any]]:
    """Stages of a calendar, each with whether it is over, now or to come."""
    today = timezone.localdate()
    ends = [stage.starts for stage in stages[1:]] + [stages[-1].ends] if stages else []
    return [
        {
            "label": stage.label,
            "starts": stage.starts,
            "state": "past" if end <= today else "now" if stage.starts <= today else "next",
        }
        for stage, end in zip(stages, ends, strict=True)
    ]


# --- Page kinds ---


class QuestionPage(FormView, ABC):
    """One question (or a few that belong together) a page.

    Subclasses give `form_class`, `save(form)` (calls one action), `next_url()`, and `title`. With `?change=1` (the
    person came from check answers) it goes to `check_url()` and back there. A form with one visible question shows it
    as the page's h1; otherwise `title` is the h1.
    """

    template_name = "ui/question.html"
    title: Any = ""
    intro: Any = ""
    button: Any = gettext_lazy("Continue")
    section: Any = ""

    @abstractmethod
    def save(self, form: Form) -> None:
        """Call the action. May raise `ui.errors.Invalid`, which is shown on the form."""

    @abstractmethod
    def next_url(self) -> str:
        """Where the next page is."""

    def back_url(self) -> str | None:
        """Where the back link goes; None for no link."""
        return self.check_url() if self.changing else None

    def check_url(self) -> str | None:
        """The check-answers page, where there is one."""
        return None

    @property
    def changing(self) -> bool:
        return self.request.GET.get("change") == "1" and self.check_url() is not None

    def get_form(self, form_class: type[Form] | None = None) -> Form:
        form = super().get_form(form_class)
        visible = form.visible_groups()
        if len(visible) == 1 and form.page_heading is None:
            form.page_heading = visible[0].name
        return form

    def form_valid(self, form: Form) -> HttpResponse:
        from ui.errors import Invalid

        try:
            self.save(form)
        except Invalid as error:
            form.add_domain_error(error)
            return self.form_invalid(form)
        return HttpResponseRedirect((self.check_url() if self.changing else None) or self.next_url())

    def form_invalid(self, form: Form) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        form = context["form"]
        heading = form.page_heading
        return context | {
            "title": self.title or (form[heading].label if heading else ""),
            "intro": self.intro,
            "section": self.section,
            "button": self.button,
            "back_url": self.back_url(),
        }


class MovePage(QuestionPage):
    """Asks what belongs to a move before it is made, and then goes back to the page of what was moved. `title` says what
    the move is, so it is the h1. Subclasses give `act(**answers)` (calls one action), `said` (once it is made) and `next_url()`.
    """

    said: Any = ""

    @abstractmethod
    def act(self, *args: Any, **answers: Any) -> Any:
        """Call the action with what the form asked, field by field; hidden fields are not among them, so the action must be
        one that a second click finds done. May raise `ui.errors.Invalid`."""

    def told(self, done: Any) -> Any:
        """What is said once it is made: `said`, unless it depends on what came of it."""
        return self.said

    def get_form(self, form_class: type[Form] | None = None) -> Form:
        form = super().get_form(form_class)
        form.page_heading = None
        return form

    def save(self, form: Form) -> None:
        answers = {name: given for name, given in form.cleaned_data.items() if not form[name].is_hidden}
        messages.success(self.request, self.told(self.act(**answers)))

    def back_url(self) -> str | None:
        return self.next_url()


class TaskList(TemplateView, ABC):
    """A list of tasks with their states. Subclasses give `title` and `sections()`: (heading, tasks), each task a dict
    for the task-list component, made by `task()`."""

    template_name = "ui/task_list.html"
    title: Any = ""
    intro: Any = ""

    @abstractmethod
    def sections(self) -> Iterable[tuple[str, list[dict[str, Any]]]]:
        """The headings and what stands under each."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        sections = list(self.sections())
        tasks = [task for _heading, of_section in sections for task in of_section]
        return super().get_context_data(**kwargs) | {
            "title": self.title,
            "intro": self.intro,
            "sections": sections,
            "done": sum(1 for task in tasks if task.get("completed")),
            "total": len(tasks),
        }


def task(text: Any, href: str | None, state: str = "to_do", hint: Any = None) -> dict[str, Any]:
    """A row of a task list; `state` is to_do, optional, started, done, problem or later (later has no link)."""
    tags = {
        "to_do": (_("To do"), "blue"),
        "optional": (_("Optional"), "grey"),
        "started": (_("Started"), "aqua-green"),
        "problem": (_("Needs a change"), "red"),
    }
    item: dict[str, Any] = {
        "title": {"text": text},
        "hint": {"text": hint} if hint else None,
        "completed": state == "done",
    }
    if state == "done":
        item["status"] = {"text": _("Completed")}
    elif state == "later":
        item["status"] = {"text": _("Cannot start yet"), "classes": "nhsuk-task-list__status--cannot-start-yet"}
    else:
        text, colour = tags[state]
        item["status"] = {"tag": {"text": text, "classes": f"nhsuk-tag--{colour}"}}
    return item if state == "later" else {**item, "href": href}


class CheckAnswers(TemplateView, ABC):
    """The answers before they are sent, each with a Change link. Subclasses give `title`, `sections()`: (heading, rows
    made by `answer()`), and `submit()` (calls one action), `next_url()`."""

    template_name = "ui/check_answers.html"
    title: Any = gettext_lazy("Check your answers")
    intro: Any = ""
    button: Any = gettext_lazy("Send")
    declaration: Any = ""

    @abstractmethod
    def sections(self) -> Iterable[tuple[str, list[dict[str, Any]]]]:
        """The headings and what stands under each."""

    @abstractmethod
    def submit(self) -> None:
        """Call the action. A `DomainError` becomes its page, and nothing is lost."""

    @abstractmethod
    def next_url(self) -> str:
        """Where the next page is."""

    def back_url(self) -> str | None:
        return None

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        self.submit()
        return HttpResponseRedirect(self.next_url())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "title": self.title,
            "intro": self.intro,
            "declaration": self.declaration,
            "button": self.button,
            "sections": list(self.sections()),
            "back_url": self.back_url(),
        }


def answer(question: Any, given: Any, change_url: str | None = None) -> dict[str, Any]:
    """A row of check answers; an empty answer says so, line breaks are kept."""
    text = str(given) if given not in (None, "", []) else ""
    value = {"html": linebreaksbr(text)} if text else {"text": _("Not answered"), "classes": "oda-quiet"}
    row: dict[str, Any] = {"key": {"text": question}, "value": value}
    if change_url:
        href = change_url + ("&" if "?" in change_url else "?") + "change=1"
        row["actions"] = {"items": [{"href": href, "text": _("Change"), "visuallyHiddenText": str(question)}]}
    return row


class Confirmation(TemplateView):
    """A green panel that says what has been done, and what happens next. Subclasses give `title`, `panel`, `next_steps()`."""

    template_name = "ui/confirmation.html"
    title: Any = ""
    panel: Any = ""

    def next_steps(self) -> list[Any]:
        return []

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = {"title": self.title, "panel": self.panel, "next_steps": self.next_steps()}
        return super().get_context_data(**kwargs) | context


class ListPage(TemplateView, ABC):
    """A list with filters whose state is the address, a count that is announced, and pages.

    Subclasses give `template_name` (extends "ui/list.html", fills block `row` or block `rows`), `title`, `filter_form`
    (all fields optional; may be None) and `items(**filters)` -> a QuerySet in a total order. A filter that cannot be
    read is left out, and its error shown. With htmx only the block "ui/list.html" calls `results` is sent again.
    """

    template_name = "ui/list.html"
    title: Any = ""
    empty: Any = gettext_lazy("Nothing here yet.")
    filter_form: type[Any] | None = None
    page_size = 20

    @abstractmethod
    def items(self, *args: Any, **filters: Any) -> QuerySet:
        """What is listed, in a total order."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = self.filter_form(self.request.GET) if self.filter_form else None
        if form is not None:
            form.mark_optional = False
            form.is_valid()
        asked = form.cleaned_data if form is not None else {}
        filters = {k: v for k, v in asked.items() if v not in (None, "", []) and v is not False}
        listed = Paginator(self.items(**filters), self.page_size).get_page(self.request.GET.get("page"))
        return super().get_context_data(**kwargs) | {
            "title": self.title,
            "empty": self.empty,
            "filter_form": form,
            "filtered": bool(filters),
            "listed": listed,
            "pages": pagination(self.request, listed),
        }


def pagination(request: HttpRequest, listed: Any) -> dict[str, Any] | None:
    """Parameters of the pagination component for a Django page, keeping the filters; None where one page is all."""
    if listed.paginator.num_pages < 2:
        return None
    query = request.GET.copy()

    def to(number: int) -> str:
        query["page"] = str(number)
        return f"{request.path}?{query.urlencode()}"

    items = []
    for number in listed.paginator.get_elided_page_range(listed.number, on_each_side=1, on_ends=1):
        if isinstance(number, int):
            items.append({"number": number, "href": to(number), "current": number == listed.number})
        else:
            items.append({"ellipsis": True})
    return {
        "items": items,
        "previous": {"href": to(listed.number - 1)} if listed.has_previous() else None,
        "next": {"href": to(listed.number + 1)} if listed.has_next() else None,
    }


# --- The gallery: every component and every field, outside production ---


@require_safe
@login_not_required
def gallery_error(request: HttpRequest, status: int) -> HttpResponse:
    """An error page to look at."""
    if status not in HEADINGS:
        raise Http404
    return error_response(request, status)


@require_safe
@login_not_required
def gallery(request: HttpRequest) -> HttpResponse:
    from ui.gallery import context

    return render(request, "ui/gallery.html", context())


@method_decorator(login_not_required, name="dispatch")
class GalleryForm(QuestionPage):
    """Every kind of field; posting it empty shows every error."""

    title = gettext_lazy("Every kind of field")

    def get_form_class(self):
        from ui.gallery import EveryField

        return EveryField

    def save(self, form: Form) -> None:
        """Nothing is kept."""

    def next_url(self) -> str:
        return address("ui:gallery") or "/"
