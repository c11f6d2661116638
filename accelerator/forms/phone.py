"""Forms for a broker who writes down somebody's answers."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy

from accelerator.models import Wave
from ui import forms as ui


class PhoneForm(ui.Form):
    """Whose answers, for which wave, and that they asked for it."""

    person = ui.CharField(
        label=gettext_lazy("Who are you writing for?"),
        help_text=gettext_lazy("Their e-mail address, or their whole name as it stands on their account."),
        missing=gettext_lazy("Say who you are writing for."),
    )
    wave = ui.ModelChoiceField(
        queryset=Wave.objects.none(),
        label=gettext_lazy("For which wave?"),
        missing=gettext_lazy("Choose a wave."),
        empty_label=gettext_lazy("Choose"),
    )
    asked = ui.BooleanField(
        label=gettext_lazy(
            "They have asked me to write their answers down. I told them that they get a message, if they have e-mail."
        ),
        missing=gettext_lazy("Tick the box once they have asked you to write for them."),
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["wave"].queryset = Wave.objects.filter(call_closes__gt=timezone.now()).order_by("call_closes", "id")


class SendForForm(ui.Form):
    """The broker's word that the applicant wants it sent."""

    said_so = ui.BooleanField(
        label=gettext_lazy(
            "I read the answers to them, they asked me to send them, and they confirm that they are 18 or over, that the "
            "answers are theirs to share, and that nothing in them identifies a patient."
        ),
        missing=gettext_lazy("Tick the box once they have asked you to send it."),
    )
