"""What a broker decides about a suggested skill."""

from typing import Any

from django.utils.translation import gettext_lazy

from people.models import Skill
from ui import forms

MERGE, ADOPT, DROP = "merge", "adopt", "drop"


class SkillDecisionForm(forms.Form):
    decision = forms.ChoiceField(
        label=gettext_lazy("What is it?"),
        choices=[
            (MERGE, gettext_lazy("Another name for a skill that we have")),
            (ADOPT, gettext_lazy("A new skill for the tree")),
            (DROP, gettext_lazy("No skill: take it off")),
        ],
        reveals={MERGE: "into", ADOPT: "parent"},
        missing=gettext_lazy("Choose what it is"),
    )
    into = forms.ModelChoiceField(
        label=gettext_lazy("Which skill?"), queryset=Skill.objects.none(), missing=gettext_lazy("Choose a skill")
    )
    parent = forms.ModelChoiceField(
        label=gettext_lazy("On which branch?"), queryset=Skill.objects.none(), missing=gettext_lazy("Choose a branch")
    )
    reason = forms.CharField(
        label=gettext_lazy("Why?"),
        help_text=gettext_lazy("It is kept, for whoever asks later."),
        max_length=300,
        missing=gettext_lazy("Say why"),
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        tree = Skill.objects.current().in_tree_order().select_related("parent")
        self.fields["into"].queryset = tree
        self.fields["into"].label_from = lambda skill: f"{skill.parent} – {skill}" if skill.parent_id else str(skill)
        self.fields["parent"].queryset = tree.filter(parent=None)
