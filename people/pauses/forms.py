"""What staff say about a pause, and what the paused person says against it."""

import datetime as dt

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from people.models import Appeal
from ui import forms


class EndForm(forms.Form):
    """The last day of a pause, which ends at midnight after it."""

    until = forms.DateField(
        label=_("Until the end of which day?"),
        help_text=_("Leave it empty for 90 days, the longest. You can lift it at any time."),
        required=False,
    )

    def end(self) -> dt.datetime | None:
        """The moment at which the day is over, in London; None where no day was given."""
        day = self.cleaned_data["until"]
        return timezone.make_aware(dt.datetime.combine(day + dt.timedelta(days=1), dt.time.min)) if day else None


class PauseForm(EndForm):
    why = forms.TextField(
        label=_("Why? For the record"),
        help_text=_("Brokers, safeguarding leads and administrators read it. The person does not."),
        max_chars=2000,
        missing=_("Say why, for the record"),
    )
    words = forms.TextField(
        label=_("What do you say to them?"),
        help_text=_("They read this in the email and when they sign in. Name nobody who reported it."),
        max_chars=2000,
        missing=_("Say in your own words what happened, for them to read"),
    )
    field_order = ["why", "words", "until"]


class RenewForm(EndForm):
    why = forms.TextField(
        label=_("Why must it last longer?"), max_chars=2000, missing=_("Say why it must last longer, for the record")
    )
    field_order = ["why", "until"]


class LiftForm(forms.Form):
    reason = forms.TextField(
        label=_("Why can they come back?"),
        help_text=_("For the record. They read only that their account is open again."),
        max_chars=2000,
        missing=_("Say why, for the record"),
    )


class AppealForm(forms.Form):
    text = forms.TextField(
        label=_("Why do you think that this is wrong?"),
        help_text=_("Say what happened from your side. Somebody who had no part in the decision reads it."),
        max_chars=4000,
        missing=_("Say why you think that this is wrong"),
    )


class DecideForm(forms.Form):
    outcome = forms.ChoiceField(
        label=_("What do you decide?"),
        choices=[
            (Appeal.Outcome.LIFTED, _("Lift the pause now")),
            (Appeal.Outcome.KEPT, _("The pause stays")),
        ],
        missing=_("Choose what you decide"),
    )
    words = forms.TextField(
        label=_("What do you say to them?"),
        help_text=_("They read this in an email, with your decision."),
        max_chars=2000,
        missing=_("Say why you decided so, for them to read"),
    )
