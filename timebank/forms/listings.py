"""Posting a listing and looking for one."""

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.forms import CharField as PlainField
from django.forms import HiddenInput
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from people.models import Skill
from people.queries import skill_branches
from timebank.actions.skills import MOST_SUGGESTED
from timebank.forms.fields import QuarterHoursField
from timebank.models import Listing, Pot, Purpose
from timebank.queries.board import Facet
from timebank.queries.listings import purpose_signed_for
from ui import forms


class BoardFilter(forms.Form):
    """The filters of the board. Their answers are what is on it, each with how many listings it would leave."""

    mark_optional = False
    q = forms.CharField(label=gettext_lazy("Search"), required=False, max_length=100)
    kind = forms.SelectField(label=gettext_lazy("Offers and requests"), required=False)
    skill = forms.SelectField(label=gettext_lazy("Skill"), required=False)
    mode = forms.SelectField(label=gettext_lazy("Online or in person"), required=False)
    place = forms.SelectField(label=gettext_lazy("Place"), required=False)
    hours = forms.SelectField(label=gettext_lazy("Time"), required=False)
    day = forms.SelectField(label=gettext_lazy("Free on"), required=False)
    language = forms.SelectField(label=gettext_lazy("Language"), required=False)
    FACETS = ("kind", "skill", "mode", "place", "hours", "day", "language")

    def __init__(self, data: Any = None, *, facets: dict[str, list[Facet]], **kwargs: Any):
        super().__init__(data, **kwargs)
        for name in self.FACETS:
            asked = (data or {}).get(name, "")
            choices = [
                (facet.value, _choice(facet)) for facet in facets[name] if facet.count != 0 or facet.value == asked
            ]
            if asked and asked not in dict(choices) and name in OPEN_FACETS:
                choices.append((asked, asked))  # nothing has it now: it stays chosen, and can be taken away
            self.fields[name].choices = [("", _("All")), *choices]

    def shown_facets(self) -> list[Any]:
        """The filters that have something to choose from."""
        return [self[name] for name in self.FACETS if len(self.fields[name].choices) > 1]


OPEN_FACETS = {"skill", "place", "language"}  # whose answers come from what people write


def _choice(facet: Facet) -> str:
    """ "User research (12)"; a skill stands under its branch; a day is not counted."""
    if facet.count is None:
        return facet.label
    return f"{'– ' if facet.depth else ''}{facet.label} ({facet.count:,})"


LANGUAGES = [  # what people in the United Kingdom ask for most; a listing says one only where it matters
    "Arabic", "Bengali", "British Sign Language", "Cantonese", "English", "French", "Gaelic", "German", "Gujarati",
    "Hindi", "Irish", "Italian", "Kurdish", "Lithuanian", "Mandarin", "Nepali", "Persian", "Polish", "Portuguese",
    "Punjabi", "Romanian", "Russian", "Somali", "Spanish", "Tagalog", "Tamil", "Turkish", "Ukrainian", "Urdu",
    "Vietnamese", "Welsh", "Yoruba",
]  # fmt: skip
OPEN_FOR = 90  # days that the form begins with


class ListingForm(forms.KeyedForm):
    """Posting a listing, and changing one (`listing`)."""

    title = forms.CharField(
        label=gettext_lazy("In one line, what is it?"),
        max_length=100,
        missing=gettext_lazy("Give it a title, so that people can find it"),
    )
    description = forms.TextField(
        label=gettext_lazy("Say a little more"),
        help_text=gettext_lazy("Nothing that identifies a patient."),
        required=False,
        max_chars=4000,
    )
    skills = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Which skills is it about?"),
        help_text=gettext_lazy("Choose one or two: this is how people are matched."),
        queryset=Skill.objects.none(),
        required=False,
        small=True,
    )
    suggested = forms.CharField(
        label=gettext_lazy("A skill that is not in the list"),
        help_text=gettext_lazy("Up to three, with commas between them. A broker finds the right place for them."),
        required=False,
        max_length=200,
    )
    minutes = QuarterHoursField(
        label=gettext_lazy("How many hours?"),
        help_text=gettext_lazy("For example 1 or 1.5. Leave it empty if it is ongoing or you do not know yet."),
        required=False,
        max_minutes=60000,
    )
    mode = forms.ChoiceField(
        label=gettext_lazy("How would you meet?"),
        choices=Listing.Mode.choices,
        initial=Listing.Mode.REMOTE,
        reveals={"on_site": "place", "both": "place_if_both"},
    )
    place = forms.CharField(label=gettext_lazy("Where?"), required=False, max_length=100)
    place_if_both = forms.CharField(label=gettext_lazy("Where, if in person?"), required=False, max_length=100)
    days = forms.MultipleChoiceField(
        label=gettext_lazy("On which days are you free?"),
        help_text=gettext_lazy("Choose as many as you like."),
        choices=Listing.Day.choices,
        required=False,
        small=True,
    )
    times = forms.MultipleChoiceField(
        label=gettext_lazy("At which times?"), choices=Listing.Time.choices, required=False, small=True
    )
    availability = forms.CharField(
        label=gettext_lazy("Anything else about when?"),
        help_text=gettext_lazy("For example: not in the school holidays"),
        required=False,
        max_length=200,
    )
    language = forms.SelectField(
        label=gettext_lazy("In which language?"), required=False, choices=[("", gettext_lazy("It does not matter"))]
    )
    open_until = forms.DateField(
        label=gettext_lazy("Open until"),
        help_text=gettext_lazy("Its last day on the board. We remind you before, and you renew it with one click."),
        required=False,
    )
    pot = forms.ModelChoiceField(
        label=gettext_lazy("Who pays with their credits?"),
        queryset=Pot.objects.none(),
        required=False,
        empty_label=gettext_lazy("I do"),
    )
    purpose = PlainField(required=False, widget=HiddenInput)  # signed by `request_begun`

    def __init__(self, *args: Any, kind: str, user: Any, listing: Listing | None = None, **kwargs: Any):
        initial = said_by(listing) if listing else {"open_until": timezone.localdate() + dt.timedelta(days=OPEN_FOR)}
        super().__init__(*args, initial=initial | (kwargs.pop("initial", None) or {}), **kwargs)
        self.user = user
        self.fields["open_until"].earliest = timezone.localdate()
        self.fields["skills"].queryset = Skill.objects.current().in_tree_order()
        languages = sorted({*LANGUAGES, *filter(None, [initial.get("language")])})
        self.fields["language"].choices = [("", _("It does not matter")), *((name, name) for name in languages)]
        mine = Pot.objects.open().run_by(user).order_by("name", "id")
        if listing is None and kind == Listing.Kind.REQUEST and mine.exists():
            self.fields["pot"].queryset = mine
        else:
            del self.fields["pot"]
        if listing is not None:  # what it is for stays
            del self.fields["purpose"]
        if kind == Listing.Kind.REQUEST:
            self.fields["days"].label = _("Which days would suit you?")

    def skill_branches(self) -> list[dict[str, Any]]:
        """The skills for the page, branch by branch."""
        return skill_branches(self.fields["skills"].queryset, self["skills"].value())

    def clean_suggested(self) -> list[str]:
        names = [name for part in self.cleaned_data["suggested"].split(",") if (name := part.strip())]
        if len(names) > MOST_SUGGESTED:
            raise ValidationError(_("Suggest up to three skills"))
        return names

    def clean_purpose(self) -> Purpose | None:
        signed = self.cleaned_data["purpose"]
        purpose = purpose_signed_for(self.user, signed) if signed else None
        if signed and purpose is None:
            raise ValidationError(_("This page is out of date. Go back to where you came from and try again."))
        return purpose

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        there = cleaned.pop("place_if_both", "")
        if cleaned.get("mode") == Listing.Mode.BOTH:
            cleaned["place"] = there
        return cleaned


def said_by(listing: Listing) -> dict[str, Any]:
    """What the form of a listing begins with."""
    same = (
        "title",
        "description",
        "minutes",
        "mode",
        "place",
        "days",
        "times",
        "availability",
        "language",
        "open_until",
    )
    waiting = listing.suggestions.filter(decided_at=None).order_by("name")
    return {name: getattr(listing, name) for name in same} | {
        "place_if_both": listing.place,
        "skills": list(listing.skills.all()),
        "suggested": ", ".join(suggestion.name for suggestion in waiting),
    }
