"""Preparing a group session, taking and giving up a place, and the register."""

import datetime as dt
import re
from typing import Any

from django.core.exceptions import ValidationError
from django.forms import CharField as PlainField
from django.forms import HiddenInput
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from people.models import Skill
from people.queries import skill_branches
from timebank.forms.fields import ExactHoursField, LinkField, QuarterHoursField
from timebank.models import GroupBooking, GroupSession, Pot
from ui import forms


class SessionForm(forms.KeyedForm):
    """Everything that a session says. What it costs stands from when it is published."""

    title = forms.CharField(
        label=gettext_lazy("What is it called?"), max_length=100, missing=gettext_lazy("Give it a title")
    )
    description = forms.TextField(
        label=gettext_lazy("Who is it for, and what will they take away?"), required=False, max_chars=4000, rows=4
    )
    date = forms.DateField(label=gettext_lazy("When?"), help_text=gettext_lazy("For example 27 3 2027"))
    time = forms.CharField(
        label=gettext_lazy("At what time does it begin?"),
        help_text=gettext_lazy("For example 14:30"),
        width=5,
        max_length=5,
        missing=gettext_lazy("Enter the time, like 14:30"),
    )
    minutes = QuarterHoursField(label=gettext_lazy("How long does it take?"), missing=gettext_lazy("Say how long"))
    preparation = ExactHoursField(
        label=gettext_lazy("How long did you prepare, or will you?"),
        help_text=gettext_lazy("It counts as time that you give. 0 is fine."),
        min_minutes=0,
        initial=0,
        suffix="",
    )
    online_link = LinkField(label=gettext_lazy("Link for joining online"))
    place = forms.CharField(label=gettext_lazy("Place"), required=False, max_length=200)
    places = forms.IntegerField(
        label=gettext_lazy("How many places are there?"),
        min_value=1,
        max_value=500,
        width=4,
        missing=gettext_lazy("Say how many places there are"),
    )
    most_minutes = ExactHoursField(
        label=gettext_lazy("What is the most that a place may cost?"),
        help_text=gettext_lazy(
            "Everybody shares your time and preparation alike. This much is set aside when somebody books. For example 0.5 or 40 min."
        ),
        min_minutes=0,
        suffix="",
        missing=gettext_lazy("Say the most that a place may cost"),
    )
    sponsor = forms.ChoiceField(
        label=gettext_lazy("Does a pot sponsor it?"),
        choices=[("no", gettext_lazy("No")), ("yes", gettext_lazy("Yes, we ask one"))],
        initial="no",
        reveals={"yes": "pot"},
    )
    pot = forms.ModelChoiceField(
        label=gettext_lazy("Which pot?"),
        queryset=Pot.objects.none(),
        missing=gettext_lazy("Choose the pot that you ask"),
    )
    sponsored_minutes = ExactHoursField(
        label=gettext_lazy("How much does the pot pay before the others share the rest?"),
        help_text=gettext_lazy("Only with a sponsor. 0 is fine."),
        required=False,
        min_minutes=0,
        max_minutes=60000,
        suffix="",
    )
    shortfall = forms.ChoiceField(
        label=gettext_lazy("If too few come to cover your time"),
        choices=GroupSession.Shortfall.choices,
        initial=GroupSession.Shortfall.FORGONE,
    )
    stay_away_pays = forms.ChoiceField(
        label=gettext_lazy("If somebody stays away, or cancels on the last day"),
        choices=[("no", gettext_lazy("They pay nothing")), ("yes", gettext_lazy("They pay their share"))],
        hints={"yes": gettext_lazy("Being called to duty, illness, disability and caring are always excused.")},
        initial="no",
    )
    skills = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Which skills is it about?"),
        help_text=gettext_lazy("Choose one or two: this is how people find it."),
        queryset=Skill.objects.none(),
        required=False,
        small=True,
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["date"].earliest = timezone.localdate()
        self.fields["skills"].queryset = Skill.objects.current().in_tree_order()
        open_to_all = Pot.objects.open().filter(kind__in=[Pot.Kind.PROJECT, Pot.Kind.ORGANISATION])
        run = Pot.objects.run_by(user).values("pk")  # no steward is paid from their own pot
        self.fields["pot"].queryset = open_to_all.exclude(pk__in=run).order_by("name", "id")

    def skill_branches(self) -> list[dict[str, Any]]:
        """The skills for the page, branch by branch."""
        return skill_branches(self.fields["skills"].queryset, self["skills"].value())

    def clean_time(self) -> dt.time:
        found = re.fullmatch(r"([01]?\d|2[0-3])[:.]?([0-5]\d)", self.cleaned_data["time"].strip())
        if found is None:
            raise ValidationError(_("Enter a time like 14:30"))
        return dt.time(int(found[1]), int(found[2]))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("shortfall") == GroupSession.Shortfall.POT and cleaned.get("sponsor") != "yes":
            self.add_error("shortfall", _("Without a sponsor there is no pot to pay it"))
        return cleaned

    def add_domain_error(self, error: Any) -> None:
        if getattr(error, "field", None) == "starts_at":
            error.field = "date"
        super().add_domain_error(error)

    def asked(self) -> dict[str, Any]:
        """What the action takes."""
        given = self.cleaned_data
        sponsored = given["sponsor"] == "yes"
        return {
            "title": given["title"], "description": given["description"], "minutes": given["minutes"],
            "starts_at": timezone.make_aware(dt.datetime.combine(given["date"], given["time"])),
            "preparation": given["preparation"], "online_link": given["online_link"], "place": given["place"],
            "places": given["places"], "most_minutes": given["most_minutes"], "skills": given["skills"],
            "pot": given["pot"] if sponsored else None,
            "sponsored_minutes": (given["sponsored_minutes"] or 0) if sponsored else 0,
            "shortfall": given["shortfall"], "stay_away_pays": given["stay_away_pays"] == "yes",
            "key": str(given["key"]),
        }  # fmt: skip


class ChangeForm(forms.Form):
    """What may still change once it is published."""

    description = forms.TextField(
        label=gettext_lazy("Who is it for, and what will they take away?"), required=False, max_chars=4000, rows=4
    )
    online_link = LinkField(label=gettext_lazy("Link for joining online"))
    place = forms.CharField(label=gettext_lazy("Place"), required=False, max_length=200)


class AskForm(forms.Form):
    """Who gives it too."""

    email = forms.EmailField(label=gettext_lazy("Their e-mail address"), autocomplete="off")
    preparation = ExactHoursField(label=gettext_lazy("How long do they prepare?"), min_minutes=0, initial=0, suffix="")


class GiveUpForm(forms.Form):
    """Giving up a place."""

    excuse = forms.ChoiceField(
        label=gettext_lazy("Why?"),
        help_text=gettext_lazy("Only the first four make a difference, and we ask for no proof."),
        choices=[
            ("duty", gettext_lazy("I am called to duty")),
            ("illness", gettext_lazy("Illness")),
            ("disability", gettext_lazy("Something to do with a disability")),
            ("caring", gettext_lazy("I care for somebody who needs me")),
            ("other", gettext_lazy("Something else")),
        ],
        missing=gettext_lazy("Choose a reason; it is not shown to anybody"),
    )


class CallOffForm(forms.Form):
    """Cancelling a session."""

    reason = forms.CharField(
        label=gettext_lazy("Why?"),
        help_text=gettext_lazy("Everybody who has a place reads it."),
        required=False,
        max_length=500,
    )


class PresentField(forms.MultipleChoiceField):
    """People of a list; `known` are those whose tick is understood, whether they stand on it still or not."""

    known: frozenset[str] = frozenset()

    def valid_value(self, value: str) -> bool:
        return value in self.known


class RegisterForm(forms.Form):
    """Who was there, of those with a place who did not scan the code. Whoever scanned it while the page lay open may be
    ticked on it."""

    mark_optional = False
    present = PresentField(label=gettext_lazy("People with a place"), required=False, size="m")

    def __init__(self, *args: Any, bookings: list[GroupBooking], **kwargs: Any):
        super().__init__(*args, **kwargs)
        booked = [row for row in bookings if row.state == GroupBooking.State.BOOKED]
        self.fields["present"].choices = [(str(row.pk), str(row.user)) for row in booked]
        self.fields["present"].known = frozenset(str(row.pk) for row in bookings)
        self.fields["present"].error_messages["invalid_choice"] = _(
            "Somebody whom you ticked is not on the list. Look at it again"
        )


class ObjectionForm(forms.Form):
    """Having been ticked without having been there."""

    words = forms.CharField(
        label=gettext_lazy("What happened?"),
        help_text=gettext_lazy("Those who gave the session read it, and a broker if they do not agree."),
        max_length=500,
        missing=gettext_lazy("Say in a few words what happened"),
    )


class ObjectionDecisionForm(forms.Form):
    """A broker's."""

    was_there = forms.ChoiceField(
        label=gettext_lazy("Was this person there?"),
        choices=[("yes", gettext_lazy("Yes: they pay their share")), ("no", gettext_lazy("No"))],
        missing=gettext_lazy("Choose yes or no"),
    )
    note = forms.CharField(
        label=gettext_lazy("Why?"),
        help_text=gettext_lazy("Both sides read it."),
        max_length=500,
        missing=gettext_lazy("Say why"),
    )


class HereForm(forms.KeyedForm):
    """The button on the page of a code."""

    seen = PlainField(widget=HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **{"auto_id": False, **kwargs})
