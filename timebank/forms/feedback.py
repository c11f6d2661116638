"""What the receiver says afterwards."""

from typing import Any

from django.utils.translation import gettext_lazy

from people.models import Skill
from timebank.models import Feedback
from ui import forms


class FeedbackForm(forms.KeyedForm):
    thanks = forms.TextField(
        label=gettext_lazy("Say thank you"),
        help_text=gettext_lazy("They read it, and may show it on their page with your name."),
        required=False,
        max_chars=1000,
        rows=3,
    )
    useful = forms.ChoiceField(
        label=gettext_lazy("Was it useful?"),
        help_text=gettext_lazy("Counted with everybody’s answers. They do not see yours."),
        choices=[(str(value), label) for value, label in reversed(Feedback.Useful.choices)],
        required=False,
    )
    skills = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Which skills did you see?"),
        help_text=gettext_lazy("They can show these in an appraisal or revalidation."),
        queryset=Skill.objects.none(),
        required=False,
    )

    def __init__(self, *args: Any, skills: list[Skill], **kwargs: Any):
        super().__init__(*args, **kwargs)
        if skills:
            self.fields["skills"].queryset = Skill.objects.filter(pk__in=[skill.pk for skill in skills]).order_by(
                "name", "pk"
            )
        else:
            del self.fields["skills"]
