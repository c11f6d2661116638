"""A milestone of a roadmap template."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accelerator.actions.roadmap_templates import LAST_WEEK, LONGEST_WHY, MOST_MINUTES
from accelerator.forms.lines import LinesField
from accelerator.models import HelpKind, Innovation, RoadmapTemplate, TemplateMilestone
from people.models import Skill
from ui import forms as ui


class TemplateRowForm(ui.Form):
    """One milestone: when, after what, for whom; why it matters, three small steps and what to show."""

    title = ui.CharField(label=gettext_lazy("Its name"), max_length=120, missing=gettext_lazy("Give it a name"))
    start_week = ui.IntegerField(
        label=gettext_lazy("It begins in week"), help_text=gettext_lazy("Support starts in week 0."),
        min_value=0, max_value=LAST_WEEK, width=3, missing=gettext_lazy("Enter the week in which it begins"),
    )  # fmt: skip
    end_week = ui.IntegerField(
        label=gettext_lazy("It is due by week"), min_value=0, max_value=LAST_WEEK, width=3,
        missing=gettext_lazy("Enter the week by which it is due"),
    )  # fmt: skip
    depends_on = ui.ModelMultipleChoiceField(
        label=gettext_lazy("It waits for"), queryset=TemplateMilestone.objects.none(), required=False, small=True
    )
    only_device = ui.BooleanField(label=gettext_lazy("Only for medical devices"), required=False)
    only_tiers = ui.MultipleChoiceField(
        label=gettext_lazy("Only for these tiers of evidence"),
        help_text=gettext_lazy("None ticked: for all."),
        choices=Innovation.Tier.choices,
        required=False,
        small=True,
    )
    why = ui.TextField(
        label=gettext_lazy("Why does it matter?"),
        max_chars=LONGEST_WHY,
        rows=4,
        missing=gettext_lazy("Say why it matters"),
    )
    step_1 = ui.CharField(label=gettext_lazy("First small step"), missing=gettext_lazy("Write the first step"))
    step_2 = ui.CharField(label=gettext_lazy("Second small step"), missing=gettext_lazy("Write the second step"))
    step_3 = ui.CharField(label=gettext_lazy("Third small step"), missing=gettext_lazy("Write the third step"))
    to_show = LinesField(
        label=gettext_lazy("What do they show?"),
        help_text=gettext_lazy("One thing a line. They tick each as they send their evidence."),
        longest=200,
        rows=5,
        required=True,
        missing=gettext_lazy("Say what they show"),
    )
    frameworks = LinesField(
        label=gettext_lazy("Frameworks that it belongs to"),
        help_text=gettext_lazy("One a line, with version and the day from which it counts."),
        longest=120,
    )
    usual_minutes = ui.HoursField(
        label=gettext_lazy("How much help does it usually take?"), min_minutes=0, max_minutes=MOST_MINUTES
    )
    kind = ui.ChoiceField(label=gettext_lazy("Which kind of help does it need most?"), choices=HelpKind.choices)
    skills = ui.ModelMultipleChoiceField(
        label=gettext_lazy("Which skills usually help?"), queryset=Skill.objects.none(), required=False, small=True
    )

    def __init__(self, *args: Any, template: RoadmapTemplate, row: TemplateMilestone | None = None, **kwargs: Any):
        initial: dict[str, Any] = {}
        if row is not None:
            names = ("title", "start_week", "end_week", "only_device", "only_tiers", "why", "to_show", "frameworks",
                     "usual_minutes", "kind")  # fmt: skip
            initial = {name: getattr(row, name) for name in names}
            initial |= {f"step_{number}": step for number, step in enumerate(row.steps, start=1)}
            initial |= {
                "depends_on": [one.pk for one in row.depends_on.all()],
                "skills": [one.pk for one in row.skills.all()],
            }
        super().__init__(*args, initial=initial, **kwargs)
        earlier = template.rows.filter(order__lt=row.order) if row else template.rows.all()
        self.fields["depends_on"].queryset = earlier.order_by("order")
        self.fields["depends_on"].label_from = lambda one: one.title
        shown = Skill.objects.current()
        kept = Skill.objects.filter(pk__in=initial.get("skills", []))
        self.fields["skills"].queryset = (shown | kept).order_by("name", "id")

    def for_action(self) -> dict[str, Any]:
        """What `add_row` and `save_row` take."""
        given = dict(self.cleaned_data)
        steps = [given.pop(f"step_{number}") for number in (1, 2, 3)]
        return given | {"steps": steps, "depends_on": list(given["depends_on"]), "skills": list(given["skills"])}


def applies_in_words(row: TemplateMilestone) -> str:
    """To which innovations a milestone applies, in a few words; "" where to all."""
    words = [_("medical devices")] if row.only_device else []
    if row.only_tiers:
        words.append(_("tier %(tiers)s") % {"tiers": ", ".join(row.only_tiers)})
    return _(" and ").join(words)
