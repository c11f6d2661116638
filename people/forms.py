"""What people type in about themselves and others."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from people import registries
from people.models import Organisation, Report, SafeguardingCase, Skill
from people.models.accounts import Community, Place, Reason
from people.models.reference import REGIONS
from people.queries import people_found, skill_branches
from people.roles import GRANTABLE, ROLES
from ui import forms
from ui.formats import day


class EmailForm(forms.Form):
    email = forms.EmailField(label=_("Your email address"), help_text=_("We send you a code. You need no password."))


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("Your code"),
        help_text=_("Six numbers, like 123456. It can take a minute to arrive."),
        max_length=12,
        width=10,
        inputmode="numeric",
        autocomplete="one-time-code",
        spellcheck=False,
        code=True,
        missing=_("Enter the code from the email"),
    )


class EmailAndCodeForm(CodeForm):
    email = forms.EmailField(label=_("Your email address"))
    field_order = ["email", "code"]


class NameForm(forms.Form):
    name = forms.CharField(
        label=_("What should we call you?"),
        help_text=_("Your name, as others here will see it."),
        max_length=100,
        width=30,
        autocomplete="name",
        spellcheck=False,
        missing=_("Enter your name"),
    )


class ConductForm(forms.Form):
    adult = forms.BooleanField(label=_("I am 18 or over"), missing=_("You must be 18 or over to join"))
    conduct = forms.BooleanField(
        label=_("I will keep to the code of conduct"), missing=_("Tick the box if you will keep to the code of conduct")
    )


class ProfileForm(forms.Form):
    """Everything but the name may be left empty; each question says who sees the answer."""

    name = forms.CharField(
        label=_("Name"),
        help_text=_("All members see it."),
        max_length=100,
        autocomplete="name",
        missing=_("Enter your name"),
    )
    pronouns = forms.CharField(
        label=_("Pronouns"), help_text=_("All members see them."), max_length=40, width=20, required=False
    )
    brings_you = forms.MultipleChoiceField(
        label=_("What brings you here?"), help_text=_("All members see it."), choices=Reason, required=False
    )
    communities = forms.MultipleChoiceField(
        label=_("Which communities do you belong to?"),
        help_text=_("All members see it."),
        choices=Community,
        required=False,
    )
    place = forms.ChoiceField(
        label=_("Your part in or around health"), help_text=_("All members see it."), choices=Place, required=False
    )
    organisation = forms.ModelChoiceField(
        label=_("Your organisation"),
        help_text=_("All members see it. Leave it empty if you have none."),
        queryset=Organisation.objects.none(),
        required=False,
    )
    new_organisation = forms.CharField(
        label=_("An organisation that is not in the list"),
        help_text=_("We add it, and check it later."),
        max_length=160,
        required=False,
    )
    region = forms.SelectField(
        label=_("Where you are"),
        help_text=_("All members see it."),
        choices=[("", _("Not said")), *REGIONS],
        required=False,
    )
    skills = forms.ModelMultipleChoiceField(
        label=_("What you are good at"),
        help_text=_("All members see it. It helps them find you."),
        queryset=Skill.objects.none(),
        required=False,
        small=True,
    )
    languages = forms.CharField(
        label=_("Languages you speak"), help_text=_("All members see them."), max_length=200, required=False
    )
    availability = forms.CharField(
        label=_("When you are free"),
        help_text=_("All members see it. For example: Tuesday evenings."),
        max_length=200,
        required=False,
    )
    about = forms.TextField(
        label=_("About you"), help_text=_("All members see it. A few sentences."), max_chars=2000, required=False
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        organisations: Any = self.fields["organisation"]
        organisations.queryset = Organisation.objects.filter(merged_into=None).order_by("name", "id")
        organisations.empty_label = _("None")
        skills: Any = self.fields["skills"]
        skills.queryset = Skill.objects.current().in_tree_order()

    def skill_branches(self) -> list[dict[str, Any]]:
        """The skills for the page, branch by branch: its name, its choices, and how many are ticked."""
        return skill_branches(self.fields["skills"].queryset, self["skills"].value())


class RoleForm(forms.Form):
    role = forms.ChoiceField(label=_("Role"), choices=[(slug, ROLES[slug].name) for slug in GRANTABLE])
    scope = forms.SelectField(
        label=_("For which wave?"),
        help_text=_("Only reviewers and portfolio managers can be for one wave."),
        choices=[],
        required=False,
    )
    reason = forms.CharField(
        label=_("Why?"), help_text=_("It is kept with the role."), max_length=300, missing=_("Say why")
    )
    until = forms.DateField(label=_("Last day"), help_text=_("Leave it empty if there is none."), required=False)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        scope: Any = self.fields["scope"]
        scope.choices = [("", _("Everywhere")), *registries.scope_names().items()]


class ConsentForm(forms.Form):
    reason = forms.CharField(
        label=_("When and how did they ask?"),
        help_text=_("It is kept. For example: in their email of 3 May."),
        max_length=300,
        missing=_("Say when and how they asked"),
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Why?"), help_text=_("It is kept."), max_length=300, missing=_("Say why"))


class PersonSearch(forms.Form):
    mark_optional = False
    name = forms.CharField(label=_("Name or email address"), max_length=100, required=False)


class AboutForm(forms.Form):
    """Whom it is about, where the thing has several people to it: the first of `people` unless somebody says otherwise."""

    about = forms.ChoiceField(label=_("Who is it about?"), missing=_("Say who it is about"))

    def __init__(self, *args: Any, people: dict[Any, str] | None = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.people = {str(user.pk): user for user in people or {}}
        if len(self.people) < 2:
            del self.fields["about"]
            return
        choices = [(str(user.pk), name) for user, name in (people or {}).items()]
        self.fields["about"].choices = [*choices, ("", _("Nobody in particular, or I am not sure"))]
        self.fields["about"].required = False

    def person(self) -> Any:
        """The user whom it is about, or None."""
        if "about" in self.fields:
            return self.people.get(self.cleaned_data["about"])
        return next(iter(self.people.values()), None)


class WorryForm(AboutForm):
    worry = forms.ChoiceField(label=_("What is it about?"), choices=SafeguardingCase.Worry)
    text = forms.TextField(
        label=_("What are you worried about?"),
        help_text=_("Say what you saw or heard, and when."),
        max_chars=4000,
        missing=_("Say what you are worried about"),
    )
    field_order = ["worry", "about", "text"]


class VisitorWorryForm(WorryForm):
    """For people who are not signed in: the answer must go somewhere."""

    name = forms.CharField(
        label=_("Your name"), max_length=100, width=30, autocomplete="name", spellcheck=False, required=False
    )
    email = forms.EmailField(label=_("Your email address"), help_text=_("So that we can answer."))
    field_order = ["worry", "about", "text", "name", "email"]


class ReportForm(AboutForm):
    text = forms.TextField(
        label=_("What happened?"),
        help_text=_("The person does not see it, or that it was you."),
        max_chars=4000,
        missing=_("Say what happened"),
    )


class NoteForm(forms.Form):
    text = forms.TextField(label=_("What did you do?"), max_chars=4000, missing=_("Write a note"))


class HandOnForm(forms.Form):
    """`people` are those who may read the case, without whoever hands it on."""

    to = forms.ChoiceField(label=_("Who looks after it from now on?"), missing=_("Choose somebody"))
    text = forms.TextField(
        label=_("What should they know?"), help_text=_("It is kept with the case."), max_chars=4000, required=False
    )

    def __init__(self, *args: Any, people: list[Any], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.people = {str(person.pk): person for person in people}
        self.fields["to"].choices = [(pk, str(person)) for pk, person in self.people.items()]

    def person(self) -> Any:
        """The user who was chosen."""
        return self.people[self.cleaned_data["to"]]


class WhoForm(forms.Form):
    """Somebody with an account, by name or address; where several fit, which of them."""

    MOST = 10  # people to choose from

    who = forms.CharField(
        label=_("Who is it about?"),
        help_text=_("Their name here, or their email address."),
        max_length=100,
        spellcheck=False,
        missing=_("Enter their name or email address"),
    )

    def __init__(self, data: Any = None, **kwargs: Any):
        super().__init__(data, **kwargs)
        try:
            typed = self.fields["who"].clean((data or {}).get("who", ""))
        except ValidationError:  # it is told with the other errors
            typed = ""
        people = list(people_found(typed)[: self.MOST + 1]) if typed else []
        self.people = {str(person.pk): person for person in people}
        if 1 < len(people) <= self.MOST:
            field = forms.ChoiceField(label=_("Which of them?"), missing=_("Several people fit. Choose one of them"))
            field.choices = [
                (pk, _("%(name)s, here since %(day)s") % {"name": person, "day": day(person.joined_at)})
                for pk, person in self.people.items()
            ]
            self.fields["person"] = field

    def clean_who(self) -> str:
        if not self.people:
            raise ValidationError(_("We cannot find anybody with that name or address. They may have no account."))
        if len(self.people) > self.MOST:
            raise ValidationError(_("Too many people fit. Enter their whole name or their email address"))
        return str(self.cleaned_data["who"])

    def person(self) -> Any:
        """The user who was meant."""
        return self.people[self.cleaned_data.get("person") or next(iter(self.people))]


class CloseReportForm(forms.Form):
    finding = forms.ChoiceField(
        label=_("What did you find?"),
        help_text=_("Whoever reported it hears this, and nothing else."),
        choices=Report.Finding,
    )
    outcome = forms.TextField(
        label=_("What came of it?"),
        help_text=_("Only those who handle reports read this."),
        max_chars=2000,
        missing=_("Say what came of it"),
    )


class ComplaintForm(forms.Form):
    """`email` is asked of people who are not signed in: the answer must go somewhere."""

    email = forms.EmailField(label=_("Your email address"), help_text=_("So that we can answer."))
    text = forms.TextField(
        label=_("What is your complaint?"),
        help_text=_("Say what we did with your data, or did not do."),
        max_chars=4000,
        missing=_("Say what your complaint is"),
    )


class OutcomeForm(forms.Form):
    outcome = forms.TextField(
        label=_("Your answer"),
        help_text=_("We email it to whoever complained."),
        max_chars=4000,
        missing=_("Write your answer"),
    )


class CloseForm(forms.Form):
    sure = forms.BooleanField(
        label=_("Yes, close my account. I know that this cannot be undone."),
        missing=_("Tick the box if you are sure"),
    )


class BringAboardForm(NameForm):
    name = forms.CharField(label=_("Their name"), max_length=100, width=30, missing=_("Enter their name"))
    email = forms.EmailField(
        label=_("Their email address"),
        help_text=_("Leave it empty if they have none."),
        required=False,
        autocomplete="off",
    )
