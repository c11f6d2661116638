"""Forms of innovations, milestones, evidence and check-ins. What may be said is for the actions to judge."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.files import File
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accelerator.forms.apply import NO_PATIENTS, NO_PATIENTS_FILE
from accelerator.models import HelpKind, Innovation, Milestone, RagEvent
from people.models import Skill
from ui import forms as ui
from ui.formats import day


class SeveralFiles(forms.ClearableFileInput):
    allow_multiple_selected = True

    def __init__(self, attrs: dict[str, Any] | None = None):
        super().__init__(attrs)
        self.attrs.pop("multiple", None)  # the design system's macro writes it already


class FilesField(ui.Look, forms.FileField):
    """Several files at once; the value is a list. The action checks what each of them is."""

    widget = SeveralFiles

    def clean(self, data: Any, initial: Any = None) -> list[File]:
        given = data if isinstance(data, (list, tuple)) else [data]
        return [file for file in given if file]


class EvidenceForm(ui.Form):
    """What was done for a milestone, and what shows it."""

    account = ui.TextField(
        label=_("What did you do, and what did you find?"),
        help_text=format_lazy("{} {}", _("A few plain sentences are enough."), NO_PATIENTS),
        max_words=1500,
        rows=6,
        missing=_("Say in a few words what you did and what you found"),
    )
    shows = ui.MultipleChoiceField(
        label=_("Which of these does it show?"),
        help_text=_("Not all of them need to be there the first time."),
        required=False,
    )
    links = ui.TextField(
        label=_("Links"),
        help_text=_("One on each line, beginning with https://"),
        required=False,
        rows=2,
        spellcheck=False,
    )
    files: Any = FilesField(  # hides the form's own `files`, which nothing here reads
        label=_("Files"),
        help_text=format_lazy("{} {}", _("Photos of paper are fine. Up to 10 files, 20 MB each."), NO_PATIENTS_FILE),
        required=False,
    )
    cycle_prediction = ui.TextField(label=_("What did you expect?"), required=False, rows=2, max_chars=3000)
    cycle_happened = ui.TextField(label=_("What happened?"), required=False, rows=2, max_chars=3000)
    cycle_next = ui.TextField(label=_("What will you do next?"), required=False, rows=2, max_chars=3000)

    def __init__(self, *args: Any, milestone: Milestone, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if milestone.to_show:
            self.fields["shows"].choices = [(line, line) for line in milestone.to_show]
        else:
            del self.fields["shows"]

    def for_action(self) -> dict[str, Any]:
        """The keyword arguments of `actions.evidence.submit`."""
        given = self.cleaned_data
        return {
            "account": given["account"],
            "shows": given.get("shows", []),
            "links": given["links"].splitlines(),
            "files": given["files"],
            "cycle": (given["cycle_prediction"], given["cycle_happened"], given["cycle_next"]),
        }


class ReadForm(ui.Form):
    """A manager's answer to evidence."""

    answer = ui.ChoiceField(
        label=_("Is this enough for the milestone?"),
        choices=[("accept", _("Yes, the milestone is done")), ("return", _("Not yet: a little more is needed"))],
        missing=_("Choose whether it is enough"),
    )
    comment = ui.TextField(
        label=_("What would you like to say to the team?"),
        help_text=_("If more is needed, say exactly what would make it enough."),
        required=False,
        rows=4,
        max_chars=4000,
    )


class AskForm(ui.KeyedForm):
    """A request to the community."""

    title = ui.CharField(label=_("In one line, what do you need?"), max_length=100, missing=_("Say what you need"))
    description = ui.TextField(
        label=_("What should a helper know?"),
        help_text=NO_PATIENTS,
        rows=10,
        max_chars=4000,
        missing=_("Say a little about what you need"),
    )
    minutes = ui.HoursField(label=_("How much of somebody's time?"), help_text=_("To the quarter of an hour, like 1.5"))
    mode = ui.ChoiceField(
        label=_("Where?"),
        choices=[("remote", _("Online or by phone")), ("on_site", _("In person")), ("both", _("Either"))],
    )


class CheckInForm(ui.Form):
    """The five questions of a check-in, for either side."""

    last_contact = ui.DateField(label=_("When did you last speak to each other?"), required=False)
    progress = ui.TextField(
        label=_("What has moved since last time?"),
        help_text=_("“Not much, it was a hard fortnight” is a fine answer."),
        rows=4,
        max_chars=4000,
        missing=_("Say what has moved, even if it is little"),
    )
    blockers = ui.TextField(label=_("Is anything in the way?"), required=False, rows=3, max_chars=3000)
    blocker_waits_on = ui.ChoiceField(
        label=_("If something is in the way, who could move it?"),
        choices=[
            (RagEvent.WaitingOn.TEAM, _("We, the team")),
            (RagEvent.WaitingOn.MANAGER, _("The portfolio manager")),
            (RagEvent.WaitingOn.HELPER, _("A helper from the community")),
            (RagEvent.WaitingOn.OUTSIDE, _("Somebody outside, like a committee or a supplier")),
        ],
        required=False,
    )
    confidence = ui.ChoiceField(
        label=_("How confident are you that the next milestone will be done in time?"),
        choices=[(5, _("5: certain")), (4, "4"), (3, "3"), (2, "2"), (1, _("1: not at all"))],
        missing=_("Choose a number from 1 to 5"),
    )
    would_help = ui.TextField(label=_("What would help?"), required=False, rows=3, max_chars=3000)
    shown_to_team = ui.BooleanField(label=_("Show this to the team"), required=False)

    def __init__(self, *args: Any, for_team: bool, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if for_team:
            del self.fields["shown_to_team"]
        else:
            self.fields["blocker_waits_on"].choices[0] = (RagEvent.WaitingOn.TEAM, _("The team"))

    def for_action(self) -> dict[str, Any]:
        """The keyword arguments of `actions.checkins.check_in`."""
        return {**self.cleaned_data, "confidence": int(self.cleaned_data["confidence"])}


class MoveForm(ui.Form):
    """New dates for a milestone; which of those that depend on it move along."""

    start = ui.DateField(label=_("Starts"))
    end = ui.DateField(label=_("Due"))
    reason = ui.CharField(
        label=_("Why does it move?"), help_text=_("The team sees this."), missing=_("Say why it moves")
    )
    along = ui.MultipleChoiceField(label=_("These depend on it. Which of them move too?"), required=False)

    def __init__(self, *args: Any, moves: Sequence[tuple[Milestone, dt.date, dt.date]] = (), **kwargs: Any):
        super().__init__(*args, **kwargs)
        if moves:
            self.fields["along"].choices = [
                (
                    str(m.pk),
                    _("%(title)s: due %(end)s instead of %(before)s")
                    % {"title": m.title, "end": day(end), "before": day(m.end)},
                )
                for m, _start, end in moves
            ]
        else:
            del self.fields["along"]


class AddForm(ui.Form):
    """A milestone of the innovation's own."""

    title = ui.CharField(label=_("What is the milestone called?"), max_length=120, missing=_("Give it a name"))
    why = ui.TextField(label=_("Why does it matter?"), required=False, rows=3, max_chars=2000)
    to_show = ui.TextField(
        label=_("What should the team show?"), help_text=_("One thing on each line"), required=False, rows=4
    )
    kind = ui.ChoiceField(label=_("Which kind of help does it need most?"), choices=HelpKind.choices)
    skills = ui.ModelMultipleChoiceField(
        label=_("Which skills help with it?"), queryset=Skill.objects.none(), required=False, small=True
    )
    start = ui.DateField(label=_("Starts"))
    end = ui.DateField(label=_("Due"))

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["skills"].queryset = Skill.objects.current().filter(parent=None).order_by("order", "name", "id")


class DropForm(ui.Form):
    """Why a milestone is not needed."""

    reason = ui.TextField(
        label=_("Why is it not needed?"),
        help_text=_("The team sees this. It can be put back."),
        rows=3,
        max_chars=1000,
        missing=_("Say why it is not needed"),
    )


class OverrideForm(ui.Form):
    """A manager's own judgement of an innovation's colour."""

    colour = ui.ChoiceField(
        label=_("What is the right colour?"), choices=[("green", _("Green")), ("amber", _("Amber")), ("red", _("Red"))]
    )
    waiting_on = ui.ChoiceField(label=_("Who does it wait on?"), choices=RagEvent.WaitingOn.choices)
    reason = ui.CharField(
        label=_("Why?"),
        help_text=_("One sentence. It ends by itself after 14 days."),
        max_length=300,
        missing=_("Say why"),
    )


class LifeForm(ui.Form):
    """What becomes of an innovation."""

    life = ui.ChoiceField(
        label=_("What happens to it?"),
        choices=Innovation.Life.choices,
        reveals={"paused": "paused_until"},
        hints={
            "paused": _("Its clocks stop, and nobody is chased."),
            "stopped": _("It ends here. What was learnt is written up too."),
            "handed_over": _("Somebody else takes it on."),
            "graduated": _("It has done what it came for."),
        },
    )
    paused_until = ui.DateField(label=_("Until when?"), missing=_("Say until when"))
    stopped_why = ui.TextField(label=_("If it stops: why?"), required=False, rows=3, max_chars=3000)
    learnt = ui.TextField(label=_("If it stops: what was learnt?"), required=False, rows=4, max_chars=5000)


class StaffHoursForm(ui.Form):
    """Time that programme staff gave."""

    on = ui.DateField(label=_("On which day?"))
    minutes = ui.HoursField(label=_("How long?"))
    kind = ui.ChoiceField(label=_("Which kind of help?"), choices=HelpKind.choices)
    note = ui.CharField(label=_("A note for yourself"), required=False)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["on"].latest = timezone.localdate()


class DescribeForm(ui.Form):
    """What an innovation is, and what it needs."""

    name = ui.CharField(label=_("Name"), max_length=120, missing=_("Give it a name"))
    summary = ui.TextField(label=_("In one paragraph, what is it?"), rows=5, max_chars=3000)
    stage = ui.ChoiceField(label=_("How far is it?"), choices=Innovation.Stage.choices)
    tier = ui.ChoiceField(label=_("How strong must its evidence be?"), choices=Innovation.Tier.choices)
    device = ui.BooleanField(label=_("It counts as a medical device"), required=False)
    improvement = ui.HoursField(label=_("Improvement help needed"), required=False, min_minutes=0, max_minutes=60_000)
    digital = ui.HoursField(
        label=_("Digital and design help needed"), required=False, min_minutes=0, max_minutes=60_000
    )
    business = ui.HoursField(label=_("Business help needed"), required=False, min_minutes=0, max_minutes=60_000)
    regulation = ui.HoursField(
        label=_("Clinical safety and regulation help needed"), required=False, min_minutes=0, max_minutes=60_000
    )

    def for_action(self) -> dict[str, Any]:
        """The keyword arguments of `actions.innovations.describe`."""
        given = dict(self.cleaned_data)
        needs = {kind: given.pop(kind) or 0 for kind in HelpKind.values}
        return {**given, "needs": needs}
