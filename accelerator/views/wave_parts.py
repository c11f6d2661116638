"""What belongs to a wave beside its dates, each with the page on which it is looked after: for the page of the wave."""

from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accelerator.models import Decision, ReviewPhase, Wave
from accelerator.queries import access_fund
from accelerator.queries.keeping import how_many_want_to_be_told
from accelerator.queries.phases import reviewers_of
from accelerator.rules.waves import Phase
from timebank.actions.ledger import account_for
from ui.formats import day, hours, pounds


def _row(title: Any, said: str, *links: tuple[str, Any, list[Any], str]) -> dict[str, Any]:
    """A row of a summary list; each of `links` is (URL name, its text, arguments, what a screen reader hears too)."""
    items = [
        {"href": reverse(f"accelerator:{name}", args=args), "text": text, "visuallyHiddenText": heard}
        for name, text, args, heard in links
    ]
    return {"key": {"text": title}, "value": {"text": said}, "actions": {"items": items}}


def parts(wave: Wave) -> list[tuple[Any, list[dict[str, Any]]]]:
    """(heading, rows of a summary list)."""
    here = [wave.slug]
    change, look = _("Change"), _("Look")
    scored = wave.review_phases.filter(
        kind=ReviewPhase.Kind.SCORE
    ).exists()  # without it nobody reads, and no page is theirs
    panel = [("panel", look, here, str(_("at the reviewers")))] if scored else []
    choosing = [
        _row(_("Steps of the review"), _steps(wave), ("phases", change, here, str(_("the steps")))),
        _row(_("Reviewers"), _reviewers(wave), *panel),
        *_letters(wave),
    ]
    money = [
        _row(_("Fund of credits"), _credits(wave)),
        _row(_("Access fund"), _pounds(wave), ("access_fund", look, here, str(_("at the access fund")))),
    ]
    return [(_("How ideas are chosen"), choosing), (_("What it gives"), money), (_("Applications"), _who_comes(wave))]


def _steps(wave: Wave) -> str:
    """What they are called, and whether they take longer than there is time."""
    steps = list(wave.review_phases.order_by("position"))
    said = ", ".join(step.internal_label for step in steps) or _("None yet, so nobody can be asked to read.")
    last = max((step.ends for step in steps), default=None)
    if last is None or timezone.localdate(last) <= wave.support_starts:
        return said
    late = _("The last ends on %(day)s, after support has started: give the review more days.") % {"day": day(last)}
    return f"{said}. {late}"


def _reviewers(wave: Wave) -> str:
    count = len(reviewers_of(wave))
    if not count:
        return _("Nobody yet. An administrator gives people the role of reviewer.")
    return ngettext("%(count)d person can be asked", "%(count)d people can be asked", count) % {"count": count}


def _letters(wave: Wave) -> list[dict[str, Any]]:
    """A row for each kind of letter: whose words it has."""
    own = set(wave.letter_templates.exclude(text="").values_list("outcome", flat=True))
    return [
        _row(
            _("Letter: %(outcome)s") % {"outcome": label},
            _("This wave’s own words") if outcome in own else _("The words that ship"),
            ("letter_words", _("Change"), [wave.slug, outcome], str(label)),
        )
        for outcome, label in Decision.Outcome.choices
    ]


def _credits(wave: Wave) -> str:
    """What the fund holds, and what it takes if every place is filled."""
    if wave.fund is None:
        return _("It has none.")
    holds, needed = account_for(pot=wave.fund).balance, wave.capacity * wave.allowance_minutes
    said = ngettext(
        "It holds %(holds)s. %(places)d place of %(each)s takes %(needed)s.",
        "It holds %(holds)s. %(places)d places of %(each)s take %(needed)s.",
        wave.capacity,
    ) % {"holds": hours(holds), "places": wave.capacity, "each": hours(wave.allowance_minutes), "needed": hours(needed)}
    if holds >= needed:
        return said
    return f"{said} {_('Ask a time broker to add %(missing)s before letters go.') % {'missing': hours(needed - holds)}}"


def _pounds(wave: Wave) -> str:
    """What the access fund has left."""
    if not wave.access_fund_pence:
        return _("Nothing yet, so people pay for travel, data, care cover and interpreters themselves.")
    left = wave.access_fund_pence - access_fund.totals(wave).promised
    return _("%(fund)s, of which %(left)s is left") % {"fund": pounds(wave.access_fund_pence), "left": pounds(left)}


def _who_comes(wave: Wave) -> list[dict[str, Any]]:
    here = [wave.slug]
    drafts = wave.applications.filter(state="draft").count()
    sent = wave.applications.filter(state="submitted").count()
    rows = [
        _row(_("Being written"), str(drafts), ("drafts", _("Look"), here, str(_("at who is writing")))),
        _row(_("Sent in"), str(sent), ("moderation", _("Look"), here, str(_("at the applications")))),
        _row(_("“Is this for me?”"), _("What it said"), ("fit_checks", _("Look"), here, str(_("at what it said")))),
    ]
    if wave.phase() == Phase.PLANNED:
        count = how_many_want_to_be_told()
        said = ngettext(
            "%(count)d person. They get a message when the call opens.",
            "%(count)d people. They get a message when the call opens.",
            count,
        )
        rows.insert(0, _row(_("Asked to be told"), said % {"count": count} if count else _("Nobody yet")))
    return rows
