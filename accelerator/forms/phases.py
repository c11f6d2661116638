"""A step of a wave's review."""

from typing import Any

from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accelerator.forms.clock import ClockField, day_and_clock, moment_of
from accelerator.models import ReviewPhase, Rubric, Versioned, Wave
from accelerator.queries.phases import reviewers_of
from accelerator.rules.phases import MOST_REVIEWS, SETTLED_ONCE_USED
from ui import forms as ui

Visible = ReviewPhase.Visible


def _visible(label: Any, help_text: Any = "") -> ui.ChoiceField:
    return ui.ChoiceField(label=label, help_text=help_text, choices=Visible.choices, inline=True)


class PhaseForm(ui.Form):
    """One step: what it is called, when it runs, who reads, and what they see."""

    kind = ui.ChoiceField(
        label=gettext_lazy("What happens in it?"),
        choices=ReviewPhase.Kind.choices,
        hints={
            "triage": gettext_lazy("A quick first look at each idea: yes, not this time, or talk about it."),
            "score": gettext_lazy("Reviewers read and score by the rubric."),
            "moderate": gettext_lazy("Managers look at all scores together."),
            "decide": gettext_lazy("Managers decide, and letters go."),
        },
    )
    internal_label = ui.CharField(
        label=gettext_lazy("Its name for staff and reviewers"), max_length=60, missing=gettext_lazy("Give it a name")
    )
    public_label = ui.CharField(
        label=gettext_lazy("What applicants read meanwhile"),
        help_text=gettext_lazy("Calm and short, like “Being read”."),
        max_length=60,
        missing=gettext_lazy("Say what applicants read"),
    )
    starts = ui.DateField(label=gettext_lazy("It begins on"))
    starts_at = ClockField(label=gettext_lazy("At what time does it begin?"))
    ends = ui.DateField(label=gettext_lazy("It ends on"))
    ends_at = ClockField(label=gettext_lazy("At what time does it end?"))
    readers = ui.ChoiceField(
        label=gettext_lazy("Who reads?"), choices=ReviewPhase.Readers.choices, reveals={"some": "chosen"}
    )
    chosen = ui.ModelMultipleChoiceField(
        label=gettext_lazy("Who of the panel?"),
        queryset=get_user_model().objects.none(),
        missing=gettext_lazy("Choose at least one person"),
        small=True,
    )
    minimum_reviews = ui.IntegerField(
        label=gettext_lazy("How many must read each idea?"),
        help_text=gettext_lazy("In a first look: how many must say “not this time” before an idea is out."),
        min_value=1,
        max_value=MOST_REVIEWS,
        width=2,
        missing=gettext_lazy("Enter how many must read each idea"),
    )
    rubric = ui.ModelChoiceField(
        label=gettext_lazy("What do they score on?"),
        help_text=gettext_lazy("Only where they score."),
        queryset=Rubric.objects.none(),
        required=False,
        empty_label=gettext_lazy("Nothing"),
    )
    names = _visible(
        gettext_lazy("Do they see whose idea it is?"),
        gettext_lazy("A reviewer who saw it in the first look is not given the same idea to score without names."),
    )
    other_reviews = _visible(gettext_lazy("Do they see what others said?"))
    reviewer_names = _visible(gettext_lazy("Do they see who said it?"))
    question_keys = ui.MultipleChoiceField(
        label=gettext_lazy("Which answers do they read?"),
        help_text=gettext_lazy("Answers that are hidden from reviewers are not listed."),
        small=True,
        missing=gettext_lazy("Choose at least one answer"),
    )

    def __init__(self, *args: Any, wave: Wave, phase: Any = None, **kwargs: Any):
        asked = list(wave.question_set.questions.filter(reviewers_see=True).order_by("position"))
        self.every_key = [question.key for question in asked]
        super().__init__(*args, initial=self._initial_of(wave, phase), **kwargs)
        self.fields["question_keys"].choices = [(question.key, question.short) for question in asked]
        panel = [reviewer.pk for reviewer in reviewers_of(wave)]
        chosen = list(phase.chosen.values_list("pk", flat=True)) if phase else []
        self.fields["chosen"].queryset = (
            get_user_model().objects.filter(pk__in=[*panel, *chosen]).order_by("name", "id")
        )
        in_force = Rubric.objects.filter(state=Versioned.State.PUBLISHED)
        standing = Rubric.objects.filter(pk__in=[wave.rubric_id, *([phase.rubric_id] if phase else [])])
        self.fields["rubric"].queryset = (in_force | standing).order_by("name", "version")
        if phase is not None and phase.used:
            for name in SETTLED_ONCE_USED | {"starts_at"}:
                self.fields[name].disabled = True

    def _initial_of(self, wave: Wave, phase: Any) -> dict[str, Any]:
        """What the form shows of a phase; of a new one, what a second reading would mostly be."""
        if phase is None:
            return {
                "kind": "score", "readers": "panel", "minimum_reviews": 2, "rubric": wave.rubric_id,
                "names": Visible.NEVER, "other_reviews": Visible.AFTER_OWN, "reviewer_names": Visible.NEVER,
                "question_keys": self.every_key, "starts_at": "09:00", "ends_at": "17:00",
            }  # fmt: skip
        names = ("kind", "internal_label", "public_label", "readers", "minimum_reviews", "names", "other_reviews",
                 "reviewer_names")  # fmt: skip
        return (
            {name: getattr(phase, name) for name in names}
            | day_and_clock("starts", "starts_at", phase.starts)
            | day_and_clock("ends", "ends_at", phase.ends)
            | {
                "rubric": phase.rubric_id,
                "question_keys": phase.question_keys or self.every_key,
                "chosen": list(phase.chosen.values_list("pk", flat=True)),
            }
        )

    def for_action(self, phase: Any = None) -> dict[str, Any]:
        """What `add_phase` and `change_phase` take. All answers ticked is no restriction; a moment that shows the same
        as before is the same, to the second."""
        given = dict(self.cleaned_data)
        for name in ("starts", "ends"):
            given[name] = moment_of(given[name], given.pop(f"{name}_at"))
            stood = getattr(phase, name, None)
            if stood is not None and stood.replace(second=0, microsecond=0) == given[name]:
                given[name] = stood
        keys = given["question_keys"]
        given["question_keys"] = [] if set(keys) == set(self.every_key) else [k for k in self.every_key if k in keys]
        given["chosen"] = list(given["chosen"] or [])
        return given


def used_note() -> str:
    """What the page says of a step that people work in."""
    return _(
        "People have taken this step on as it is, so most of it stays. Its end can come later, and more people may read."
    )
