"""The learning log: what to show, an item, its answer."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accelerator.models import Lesson, Programme, Wave
from accelerator.rules import lessons as rules
from ui import forms as ui


class LearningFilter(ui.Form):
    """What of the log to show. `waiting` is offered to those who see what waits."""

    answer = ui.SelectField(label=gettext_lazy("What became of it"), required=False)
    programme = ui.ModelChoiceField(
        label=gettext_lazy("Programme"), queryset=Programme.objects.order_by("name", "id"), required=False,
        empty_label=gettext_lazy("All"),
    )  # fmt: skip

    def __init__(self, *args: Any, waiting: bool, **kwargs: Any):
        super().__init__(*args, **kwargs)
        shown = [one for one in Lesson.Answer if one != "removed" and (waiting or one != "waiting")]
        self.fields["answer"].choices = [("", _("All")), *((one.value, one.label) for one in shown)]


class LessonForm(ui.KeyedForm):
    """One thing that was learnt."""

    text = ui.TextField(
        label=gettext_lazy("What have you learnt?"),
        help_text=gettext_lazy("One or two sentences: what happened, and what you would do next time."),
        max_chars=rules.LONGEST,
        rows=4,
        missing=gettext_lazy("Write what you have learnt"),
    )
    about = ui.SelectField(
        label=gettext_lazy("What is it about?"),
        help_text=gettext_lazy("If you are not sure, leave it as it is."),
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        begun = Wave.objects.filter(call_opens__lte=timezone.now()).order_by("-call_opens", "id")
        self.known: dict[str, Programme | Wave] = {}
        for programme in Programme.objects.order_by("name", "id"):
            self.known[f"programme:{programme.slug}"] = programme
            self.known |= {f"wave:{wave.slug}": wave for wave in begun if wave.programme_id == programme.pk}
        self.fields["about"].choices = [
            ("", _("Everything we do")),
            *(
                (key, _("%(programme)s, all of it") % {"programme": one.name} if key[0] == "p" else one.name)
                for key, one in self.known.items()
            ),
        ]

    def for_action(self) -> dict[str, Any]:
        """What `add` takes, after `is_valid`."""
        given = {"text": self.cleaned_data["text"], "key": str(self.cleaned_data["key"])}
        about = self.known.get(self.cleaned_data["about"])
        return given | {"wave" if isinstance(about, Wave) else "programme": about}


class LessonAnswerForm(ui.Form):
    """A manager's answer: each with a reason of its own, which everybody reads."""

    answer = ui.ChoiceField(
        label=gettext_lazy("What becomes of it?"),
        choices=[(one.value, one.label) for one in Lesson.Answer if one in rules.ANSWERS],
        hints={
            "adopted": gettext_lazy("We do it from now on. The next wave takes it with it."),
            "tried": gettext_lazy("We gave it a go."),
            "declined": gettext_lazy("Not now, or not by us."),
        },
        missing=gettext_lazy("Choose an answer"),
    )
    reason = ui.TextField(
        label=gettext_lazy("What changes, what happened, or why not?"),
        help_text=gettext_lazy("Everybody reads it. Nothing that identifies a patient."),
        max_chars=rules.LONGEST_REASON,
        rows=4,
        missing=gettext_lazy("Say what changes, what happened, or why not"),
    )


class RemoveLessonForm(ui.Form):
    """Taking an item off the page."""

    reason = ui.TextField(
        label=gettext_lazy("Why?"),
        help_text=gettext_lazy("Only the writer reads it."),
        max_chars=rules.LONGEST_REASON,
        rows=3,
        missing=gettext_lazy("Say why"),
    )
