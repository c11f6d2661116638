"""What waves, applying and review add to the front page, the home page and "download my data"."""

import datetime as dt
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accelerator.models import Application, CallWish, CoApplicant, FitCheck, Wave
from accelerator.queries import allocation, apply, quarantine, review
from accelerator.queries.kept import kept_from
from accelerator.rules.apply import takes_submissions
from accelerator.rules.waves import Phase
from accelerator.rules.waves import stages as stages_of
from people.rules import has_role
from ui.formats import moment
from ui.registries import Calendar, Stage

LETTER_STANDS = dt.timedelta(days=28)  # how long the home page leads to a letter that said "not this time"


def calendar() -> Calendar | None:
    """The calendar of the wave in front, for the public front page."""
    wave = apply.wave_in_front()
    if wave is None:
        return None
    phase = wave.phase()
    words = {
        Phase.PLANNED: _("You can send an idea from %(when)s.") % {"when": moment(wave.call_opens, zone=True)},
        Phase.CALL: _("You can send an idea until %(when)s.") % {"when": moment(wave.call_closes, zone=True)},
    }.get(phase, _("No call is open now. We keep your idea, and tell you when the next one opens."))
    stages = [Stage(*row) for row in stages_of(wave)]
    return Calendar(wave.name, stages, words, reverse("accelerator:waves"), _("All waves, and what a place means"))


def ideas_figure() -> tuple[str, str] | None:
    """How many ideas were brought in all; None before the first."""
    count = Application.objects.submitted().count()
    return (f"{count:,}", _("ideas brought")) if count else None


def _letter_sent(application: Application) -> dt.datetime | None:
    return application.decision.sent_at if hasattr(application, "decision") else None


def application_card(user: Any) -> dict | None:
    """The application that waits for this person, newest first; for some weeks also the one that was not accepted, as its
    letter leads on. An acceptance leads to the innovation's own card."""
    lately = timezone.now() - LETTER_STANDS
    rows = [
        (application, standing)
        for application, standing in apply.mine(user)
        if application.state != Application.State.WITHDRAWN
        and not (application.wave and application.wave.phase() == Phase.ENDED)
        and not (
            (sent_at := _letter_sent(application)) and (application.decision.outcome == "accept" or sent_at < lately)
        )
    ]
    rows.sort(key=lambda row: _letter_sent(row[0]) is not None)  # what can still be worked on comes first
    if not rows:
        return None
    application, standing = rows[0]
    open_ = takes_submissions(application, timezone.now())
    return {"application": application, "standing": standing, "open": open_, "more": len(rows) > 1}


def invitations_card(user: Any) -> dict | None:
    """The applications that somebody was asked to work on and has not answered."""
    asked = CoApplicant.objects.filter(
        user=user, accepted_at=None, over_at=None, application__state=Application.State.DRAFT
    )
    rows = list(asked.select_related("application__lead").order_by("id"))
    return {"rows": rows} if rows else None


def reviews_card(user: Any) -> dict | None:
    """A reviewer's unread applications."""
    if not has_role(user, "reviewer"):
        return None
    mine = review.my_reviews(user)
    return {"mine": mine} if mine.left else None


def decide_card(user: Any) -> dict | None:
    """A manager's waves that are being chosen from or have letters to send (`closed`), and how much has come in to those
    whose call is still open."""
    if not has_role(user, "portfolio_manager"):
        return None
    waves = [wave for wave in review.managed_waves(user) if wave.decided < wave.submitted or wave.letters]
    closed = [wave for wave in waves if wave.phase() != Phase.CALL]
    for wave in closed:
        wave.read_by_nobody = allocation.read_by_nobody(wave, kept_from(user, wave))
    return {"waves": waves, "closed": closed} if waves else None


def has_applications(user: Any) -> bool:
    """Whether the header shows the link to applications: to every signed-in member, without a query."""
    return bool(getattr(user, "is_authenticated", False))


def reviews_for(user: Any) -> bool:
    return has_role(user, "reviewer")


def flags_card(user: Any) -> dict | None:
    """For managers and safeguarding leads: answers in which somebody may be named, and that nobody has looked at."""
    if not has_role(user, "portfolio_manager") and not has_role(user, "safeguarding_lead"):
        return None
    count = quarantine.waiting_for(user)
    return {"count": count} if count else None


def is_safeguarding_lead(user: Any) -> bool:
    return has_role(user, "safeguarding_lead")


def is_broker(user: Any) -> bool:
    return has_role(user, "broker")


def runs_any(user: Any) -> bool:
    return has_role(user, "portfolio_manager")


def export_for(user: Any) -> list[dict[str, Any]]:
    """Somebody's applications with every answer, as plain data."""
    rows = (
        Application.objects.of(user)
        .select_related("wave", "coaching_hour")
        .prefetch_related("answers__question", "help_asked__question", "comments__question")
    )
    rows = rows.order_by("id")
    return [
        {
            "reference": application.reference,
            "wave": application.wave.name if application.wave else None,
            "state": application.state,
            "sentence": application.sentence,
            "begun": application.created_at.isoformat(),
            "more_time_until": application.extended_until.isoformat() if application.extended_until else None,
            "more_time_because": application.extended_because,
            "sent": application.submitted_at.isoformat() if application.submitted_at else None,
            "help_asked_for": [
                {"question": one.question.text, "on": one.asked_at.isoformat()} for one in application.help_asked.all()
            ],
            "coaching_asked_for": application.coaching_hour.asked_at.isoformat()
            if hasattr(application, "coaching_hour")
            else None,
            "said_about_answers": [
                {"question": one.question.text, "text": one.text, "on": one.at.isoformat()}
                for one in application.comments.all()
                if one.author_id == user.pk
            ],
            "answers": {answer.question.text: answer.value for answer in application.answers.all()},
        }
        for application in rows
    ]


def export_wish_for(user: Any) -> dict[str, Any]:
    """Whether somebody asked to be told when a call opens, and since when; and what "Is this for me?" said to them."""
    wish = CallWish.objects.filter(user=user).first()
    told = FitCheck.objects.filter(user=user).select_related("wave").order_by("on", "id")
    return {
        "is_this_for_me": [{"wave": one.wave.name, "said": one.verdict, "on": one.on.isoformat()} for one in told],
        "wants_to_be_told": wish is not None,
        "since": wish.at.isoformat() if wish else None,
    }


def wave_names() -> dict[str, str]:
    """The name of every wave by its id as text, the latest first: what a role may be given for."""
    return {str(pk): name for pk, name in Wave.objects.order_by("-call_opens", "-id").values_list("id", "name")}
