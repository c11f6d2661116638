"""Scoring, giving out, deciding and letters."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accelerator.actions.review import ABSTAIN, LONGEST_COMMENT
from accelerator.models import Assignment, Criterion, Decision
from ui import forms as ui


def score_field(criterion: Criterion, **more: Any) -> ui.ChoiceField:
    """The radios of one criterion: each score with its meaning in words, and a way to abstain."""
    choices = [(str(n), f"{n} – {anchor}") for n, anchor in enumerate(criterion.anchors)]
    return ui.ChoiceField(
        label=criterion.name,
        help_text=criterion.asks,
        choices=[*choices, (ABSTAIN, _("I cannot judge this"))],
        divider_before=ABSTAIN,
        **more,
    )


class ReviewForm(ui.Form):
    """One group of radios a criterion, each score with its meaning in words, and a way to abstain. Nothing is required
    here: a draft may be as empty as it likes, and handing in asks for the rest."""

    mark_optional = False

    for_applicant = ui.TextField(
        label=gettext_lazy("Your words to the applicant"),
        help_text=gettext_lazy("What is good, and what would make it better. They read this whatever is decided."),
        max_chars=LONGEST_COMMENT,
        rows=6,
        required=False,
    )
    for_panel = ui.TextField(
        label=gettext_lazy("A note to the panel (optional)"),
        help_text=gettext_lazy("The applicant does not see this."),
        max_chars=LONGEST_COMMENT,
        rows=3,
        required=False,
    )

    def __init__(self, *args: Any, criteria: Iterable[Criterion], assignment: Assignment | None = None, **kwargs: Any):
        self.criteria = list(criteria)
        initial: dict[str, Any] = {}
        if assignment is not None:
            given = {
                score.criterion_id: ABSTAIN if score.abstained else str(score.score)
                for score in assignment.scores.all()
            }
            initial = {f"score_{c.key}": given.get(c.pk) for c in self.criteria}
            initial |= {"for_applicant": assignment.for_applicant, "for_panel": assignment.for_panel}
        super().__init__(*args, initial=initial, **kwargs)
        for criterion in self.criteria:
            self.fields[f"score_{criterion.key}"] = score_field(criterion, required=False)
        self.order_fields([*(f"score_{c.key}" for c in self.criteria), "for_applicant", "for_panel"])

    @property
    def words(self) -> dict[str, str]:
        """What was written to the applicant and to the panel; after `is_valid`."""
        return {name: self.cleaned_data[name] for name in ("for_applicant", "for_panel")}

    @property
    def scores(self) -> dict[str, int | str]:
        """criterion key → score or "abstain", for those given; after `is_valid`."""
        given = {c.key: self.cleaned_data.get(f"score_{c.key}") for c in self.criteria}
        return {key: ABSTAIN if score == ABSTAIN else int(score) for key, score in given.items() if score}


class AssignForm(ui.Form):
    """Whom to give an application to: only those whom no conflict blocks."""

    reviewer = ui.ChoiceField(label=gettext_lazy("Give it to"), missing=gettext_lazy("Choose a reviewer."))

    def __init__(self, *args: Any, candidates: Iterable[Any], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.free = {str(one.user.pk): one for one in candidates if not (one.blocked or one.has_it)}
        self.fields["reviewer"].choices = [(pk, str(one.user)) for pk, one in self.free.items()]
        hints = {}
        for pk, one in self.free.items():
            parts = [
                _("has %(given)d, room for %(room)d") % {"given": one.given, "room": one.room},
                ngettext("%(count)d review open", "%(count)d reviews open", one.open_reviews)
                % {"count": one.open_reviews},
                *([_("knows about: %(kinds)s") % {"kinds": ", ".join(one.knows)}] if one.knows else []),
                *(str(c.reason) for c in one.conflicts),
            ]
            hints[pk] = " · ".join(parts)
        self.fields["reviewer"].look["hints"] = hints


class DecideForm(ui.Form):
    """Accept, reserve or decline."""

    outcome = ui.ChoiceField(
        label=gettext_lazy("Decision"),
        choices=Decision.Outcome.choices,
        missing=gettext_lazy("Choose accept, reserve or decline."),
    )


class MoreTimeForm(ui.Form):
    """More time for one applicant, for a reason."""

    application = ui.SelectField(
        label=gettext_lazy("Who needs more time?"),
        help_text=gettext_lazy("You see names only: what they write stays theirs until they send it."),
        missing=gettext_lazy("Choose who needs more time."),
    )
    until = ui.DateField(
        label=gettext_lazy("Until when?"),
        help_text=gettext_lazy("They can send it until 17:00 on this day."),
        missing=gettext_lazy("Enter a day after the close."),
    )
    reason = ui.TextField(
        label=gettext_lazy("Why?"),
        help_text=gettext_lazy("The applicant reads this."),
        max_chars=1000,
        rows=3,
        missing=gettext_lazy("Say why, so that everybody is treated alike."),
    )

    def __init__(self, *args: Any, drafts: Iterable[Any], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.drafts = {str(draft.pk): draft for draft in drafts}
        named = [(pk, f"{draft.lead} ({draft.reference})") for pk, draft in self.drafts.items()]
        self.fields["application"].choices = [("", _("Choose")), *named]

    def for_action(self) -> dict[str, Any]:
        """What `actions.apply.extend` takes, after `is_valid`."""
        until = timezone.make_aware(dt.datetime.combine(self.cleaned_data["until"], dt.time(17)))
        return {
            "application": self.drafts[self.cleaned_data["application"]],
            "until": until,
            "reason": self.cleaned_data["reason"],
        }
