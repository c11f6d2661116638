"""A reviewer's seat on a panel, giving out, nudging, notes and redaction."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_lazy

from accelerator.actions.allocation import MOST_ROOM
from accelerator.actions.outcomes import LONGEST_HARD
from accelerator.actions.review import LONGEST_COMMENT, LONGEST_REDACTED
from accelerator.models import Decision, HelpKind
from people.models import Organisation
from ui import forms as ui


class SeatForm(ui.Form):
    """What a reviewer takes on, and the promise."""

    mark_optional = False

    room = ui.IntegerField(
        label=gettext_lazy("How many applications have you room for?"),
        help_text=gettext_lazy("In this wave, all together. You can hand any of them back."),
        min_value=0,
        max_value=MOST_ROOM,
        width=3,
        missing=gettext_lazy("Enter how many you have room for, like 12"),
    )
    knows = ui.MultipleChoiceField(
        label=gettext_lazy("What do you know about?"),
        help_text=gettext_lazy(
            "Ideas that need it come to you first. Leave it empty to read anything. What you know as a patient, as a carer "
            "or from the front line needs no tick: it counts in everything you read."
        ),
        choices=HelpKind.choices,
        required=False,
    )
    promises = ui.BooleanField(
        label=gettext_lazy("I keep what I read to myself, and I step back where I know whose idea it is"),
        required=False,
    )


class DeclareForm(ui.Form):
    """Whose idea a reviewer could not judge: an address, or an organisation."""

    mark_optional = False

    email = ui.EmailField(
        label=gettext_lazy("The e-mail address of somebody you are close to"),
        help_text=gettext_lazy("A relative, a friend, somebody you manage. They are not told."),
        required=False,
    )
    organisation = ui.ModelChoiceField(
        label=gettext_lazy("Or an organisation whose ideas you cannot judge"),
        queryset=Organisation.objects.none(),
        required=False,
        empty_label=gettext_lazy("None"),
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["organisation"].queryset = Organisation.objects.order_by("name", "id")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and not cleaned.get("email") and not cleaned.get("organisation"):
            self.add_error("email", gettext_lazy("Enter an e-mail address, or choose an organisation"))
        return cleaned


class FingerprintForm(ui.Form):
    """The plan that was looked at."""

    fingerprint = ui.CharField(max_length=32)


class NudgeForm(ui.Form):
    """Which reviewers to remind."""

    reviewers = ui.MultipleChoiceField(
        label=gettext_lazy("Whom to remind"), missing=gettext_lazy("Choose at least one reviewer.")
    )

    def __init__(self, *args: Any, reviewers: Iterable[Any], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["reviewers"].choices = [(str(one.pk), str(one)) for one in reviewers]


class MoveForm(ui.KeyedForm):
    """One decision for all that are ticked; the action looks after which those may be."""

    outcome = ui.ChoiceField(
        label=gettext_lazy("Move those that are ticked to"),
        choices=Decision.Outcome.choices,
        missing=gettext_lazy("Choose accept, reserve or decline."),
    )


class NoteForm(ui.KeyedForm):
    """A note for the others who moderate."""

    text = ui.TextField(
        label=gettext_lazy("A note for the other managers"),
        help_text=gettext_lazy("Reviewers and applicants never see it."),
        max_chars=LONGEST_COMMENT,
        rows=3,
        missing=gettext_lazy("Write a note first"),
    )


class RedactForm(ui.Form):
    """What reviewers read in place of an answer."""

    text = ui.TextField(
        label=gettext_lazy("What reviewers read"),
        help_text=gettext_lazy("Take out what gives somebody away. Leave it empty, and reviewers read nothing here."),
        max_chars=LONGEST_REDACTED,
        rows=10,
        required=False,
    )


class HardForm(ui.Form):
    """The one question afterwards."""

    text = ui.TextField(
        label=gettext_lazy("What was hard?"),
        help_text=gettext_lazy(
            "The questions, the scores, the time, the pages: what should be better next time? The managers read it, with "
            "your name."
        ),
        max_chars=LONGEST_HARD,
        rows=4,
        missing=gettext_lazy("Say what was hard."),
    )
