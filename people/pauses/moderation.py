"""The moderation log: what was decided about people and content, by whom, when and why.

Its words live in the rows that the decisions wrote; each app registers where its own are (`ui.registries.moderation`).
One statement reads a page of all of them, so that it costs the same however many there are.
"""

from collections.abc import Iterator
from typing import Any

from django.db.models import CharField, F, Q, QuerySet, TextField, UUIDField, Value
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from audit.actions import record
from people import rules
from people.access import require_role
from people.models import Appeal, Report, RoleGrant, Suspension, User
from people.pauses.queries import decided_about
from ui import forms, registries
from ui.sheets import csv_response
from ui.views import ListPage

NOBODY = Value(None, output_field=UUIDField())


def entries(rows: QuerySet, kind: str, *, at: str, by: str, about: str, words: str, party: str = "") -> QuerySet:
    """`rows` in the shape of the log: the fields that say when, who decided, about whom, and why; `party` is somebody
    else whom it concerns, who does not find it either."""
    return rows.order_by().values(
        log_kind=Value(kind, output_field=CharField()),
        log_row=F("pk"),
        log_at=F(at),
        log_by=F(by),
        log_about=F(about),
        log_party=F(party) if party else NOBODY,
        log_words=Cast(F(words), TextField()),
    )


def own_sources() -> list[registries.Moderation]:
    """What is decided in this app."""
    source = registries.Moderation
    return [
        source(
            "report",
            _("Report closed"),
            lambda viewer: entries(
                Report.objects.exclude(closed_at=None).exclude(kept_from__contains=[viewer.pk]),
                "report", at="closed_at", by="closed_by", about="about", words="outcome", party="by",
            ),
        ),
        source(
            "paused",
            _("Account paused"),
            lambda viewer: entries(Suspension.objects.all(), "paused", at="at", by="by", about="user", words="why"),
        ),
        source(
            "renewed",
            _("Pause made longer"),
            lambda viewer: entries(
                Suspension.objects.exclude(renewed_at=None),
                "renewed", at="renewed_at", by="renewed_by", about="user", words="renewal_why",
            ),
        ),
        source(
            "lifted",
            _("Pause ended"),
            lambda viewer: entries(
                Suspension.objects.exclude(lifted_at=None),
                "lifted", at="lifted_at", by="lifted_by", about="user", words="lift_reason",
            ),
        ),
        source(
            "appeal",
            _("Appeal decided"),
            lambda viewer: entries(
                Appeal.objects.exclude(decided_by=None),
                "appeal", at="decided_at", by="decided_by", about="suspension__user", words="words",
            ),
        ),
        source(
            "role",
            _("Role ended"),
            lambda viewer: entries(
                RoleGrant.objects.exclude(ended_at=None),
                "role", at="ended_at", by="ended_by", about="user", words="end_reason",
            ),
        ),
    ]  # fmt: skip


def log_for(viewer: User, *, kind: str = "") -> QuerySet:
    """The log as `viewer` may read it, newest first, as dicts with the keys of `entries`: nothing about themselves, about a
    report that is from or about them, or about anybody about whom they may not decide (`rules.may_pause`)."""
    seen = decided_about(viewer).values("pk")
    first, *others = [
        source.rows(viewer).filter(log_about__in=seen).filter(Q(log_party=None) | ~Q(log_party=viewer.pk))
        for source in registries.moderation
        if kind in ("", source.kind)
    ]
    return first.union(*others, all=True).order_by("-log_at", "log_kind", "log_row")


def _named(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same rows with what each decision is called, and the people in it, in one query."""
    labels = {source.kind: source.label for source in registries.moderation}
    people = User.objects.in_bulk({row[side] for row in rows for side in ("log_by", "log_about")} - {None})
    return [
        {
            "kind": labels[row["log_kind"]],
            "at": row["log_at"],
            "by": people.get(row["log_by"]),
            "about": people[row["log_about"]],
            "words": row["log_words"],
        }
        for row in rows
    ]


class LogFilter(forms.Form):
    kind = forms.SelectField(label=_("Decision"), required=False)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        every: Any = self.fields["kind"]
        every.choices = [("", _("All")), *((source.kind, source.label) for source in registries.moderation)]


class Log(ListPage):
    template_name = "people/pauses/moderation.html"
    title = _("Moderation log")
    empty = _("Nothing was decided yet.")
    filter_form = LogFilter

    def items(self, **filters: Any) -> Any:
        return log_for(self.request.user, **filters)  # type: ignore[arg-type]  # signed in

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        return context | {"entries": _named(list(context["listed"].object_list))}


moderation = require_role(*rules.PAUSERS)(Log.as_view())


@require_safe
@require_role(*rules.PAUSERS)
def as_csv(request: HttpRequest) -> HttpResponseBase:
    """The whole log as a table, with the filter of the page."""
    form = LogFilter(request.GET)
    kind = form.cleaned_data["kind"] if form.is_valid() else ""
    rows = _named(list(log_for(request.user, kind=kind)))  # type: ignore[arg-type]  # signed in
    record(by=request.user, verb="people.moderation.exported", rows=len(rows))
    columns = [_("Decision"), _("When"), _("Who decided"), _("About"), _("Why")]
    return csv_response("moderation-log", columns, _cells(rows))


def _cells(rows: list[dict[str, Any]]) -> Iterator[list[Any]]:
    for row in rows:
        at = timezone.localtime(row["at"]).isoformat(timespec="minutes")
        yield [row["kind"], at, row["by"] or _("The platform"), row["about"], row["words"]]
