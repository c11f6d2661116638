import datetime as dt
from decimal import Decimal

from django.db.models import QuerySet
from django.forms import HiddenInput
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from goals.models import LEVELS, PARTIAL, RHYTHMS, Goal, SignUp
from people.models import Skill
from timebank.models import Purpose
from ui import forms

LEVEL_NAMES = {
    -2: _("Much less than I hope for"),
    -1: _("Less than I hope for"),
    0: _("What I hope for"),
    1: _("More than I hope for"),
    2: _("Much more than I hope for"),
}
VISIBILITY_HINTS = {
    SignUp.VisibleTo.ME: _("Nobody else can see how it goes."),
    SignUp.VisibleTo.MANAGER: _("Your portfolio manager can see when you are stuck, and help."),
    SignUp.VisibleTo.TEAM: _("The people in your team can see it too."),
}


def level_choices(goal: Goal, *, partial: bool = False) -> list[tuple[str, str]]:
    """The levels of a goal in its own words, the best first: people see words, never numbers."""
    steps: list[Decimal | int] = [2, 1, 0, *([PARTIAL] if partial else []), -1, -2]
    return [(str(step), goal.words_for(step)) for step in steps]


class SignUpForm(forms.Form):
    baseline = forms.ChoiceField(label=_("Where are you now?"), missing=_("Choose where you are now"))
    ends_on = forms.DateField(
        label=_("When do you hope to be there?"), missing=_("Enter the date you hope to be there")
    )
    rhythm_weeks = forms.ChoiceField(
        label=_("How often shall we ask how it is going?"), choices=[(str(k), v) for k, v in RHYTHMS.items()]
    )
    why = forms.CharField(
        label=_("Why does it matter to you?"), help_text=_("One line, for you to read on a hard day."), max_length=300,
        required=False,
    )  # fmt: skip
    purpose = forms.ModelChoiceField(
        label=_("Which work is it part of?"),
        queryset=Purpose.objects.none(),
        required=False,
        empty_label=_("None, it is my own"),
    )
    visible_to = forms.ChoiceField(
        label=_("Who may see it?"),
        choices=SignUp.VisibleTo.choices,
        initial=SignUp.VisibleTo.ME,
        hints=VISIBILITY_HINTS,
    )
    may_be_asked = forms.BooleanField(label=_("When I get there, others with this goal may ask me how"), required=False)

    def __init__(self, *args, goal: Goal, purposes: QuerySet[Purpose], **kwargs):
        super().__init__(*args, **kwargs)
        if purposes:
            self.fields["purpose"].queryset = purposes
        else:  # nobody's manager or team could see it
            del self.fields["purpose"], self.fields["visible_to"]
        self.fields["baseline"].choices = level_choices(goal)
        self.fields["rhythm_weeks"].initial = str(goal.rhythm_weeks)
        self.fields["ends_on"].initial = timezone.localdate() + dt.timedelta(weeks=goal.usual_weeks)

    def clean_baseline(self) -> int:
        return int(self.cleaned_data["baseline"])

    def clean_rhythm_weeks(self) -> int:
        return int(self.cleaned_data["rhythm_weeks"])

    def clean(self) -> dict:
        cleaned = super().clean() or self.cleaned_data
        shared = cleaned.get("visible_to", SignUp.VisibleTo.ME) != SignUp.VisibleTo.ME
        if shared and not cleaned.get("purpose") and "purpose" not in self.errors:
            self.add_error("purpose", _("Choose the work, so that we know who your manager and your team are"))
        return cleaned


class AssessmentForm(forms.Form):
    level = forms.ChoiceField(label=_("Where are you now?"), missing=_("Choose where you are now"))
    said_stuck = forms.BooleanField(
        label=_("I am stuck"), required=False, help_text=_("We will look for somebody who can help, at once.")
    )
    confidence = forms.ChoiceField(
        label=_("How sure are you that you will get there?"),
        choices=[("1", _("1 – not at all sure")), ("2", "2"), ("3", "3"), ("4", "4"), ("5", _("5 – very sure"))],
        required=False,
    )
    note = forms.CharField(
        label=_("A note to yourself"), max_length=500, required=False,
        help_text=_("What helped, what got in the way. Nothing that identifies a patient."),
    )  # fmt: skip

    times_before = forms.IntegerField(min_value=0, required=False, widget=HiddenInput)  # tells a second click

    def __init__(self, *args, goal: Goal, times_before: int, **kwargs):
        super().__init__(*args, initial={"times_before": times_before}, **kwargs)
        self.fields["level"].choices = level_choices(goal, partial=True)

    def clean_level(self) -> Decimal:
        return Decimal(self.cleaned_data["level"])

    def clean_confidence(self) -> int | None:
        return int(self.cleaned_data["confidence"]) if self.cleaned_data["confidence"] else None


class OwnGoalForm(forms.Form):
    title = forms.CharField(
        label=_("Your goal in a few words"), max_length=120, missing=_("Say what your goal is"),
        help_text=_("For example: Ask five patients what they think of our idea"),
    )  # fmt: skip
    skills = forms.ModelMultipleChoiceField(
        label=_("Which skills would help you get there?"), queryset=Skill.objects.none(), required=False, small=True
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for level in reversed(LEVELS):
            self.fields[f"words_{level + 2}"] = forms.CharField(
                label=LEVEL_NAMES[level], max_length=200, missing=_("Say what this would look like")
            )
        self.fields["skills"].queryset = Skill.objects.filter(parent=None, merged_into=None).order_by("name", "id")

    @property
    def words(self) -> list[str]:
        """The five levels' words, from −2 to +2."""
        return [self.cleaned_data[f"words_{i}"] for i in range(5)]

    def word_fields(self):
        return [self[f"words_{level + 2}"] for level in reversed(LEVELS)]


class StopForm(forms.Form):
    state = forms.ChoiceField(
        label=_("Is this goal done?"),
        choices=[
            (SignUp.State.FINISHED, _("Yes, I have finished")),
            (SignUp.State.ABANDONED, _("No, but I want to stop")),
        ],
        reveals={SignUp.State.ABANDONED: "why"},
        missing=_("Say whether you have finished or want to stop"),
    )
    why = forms.CharField(label=_("What made you stop?"), max_length=300, required=False)
