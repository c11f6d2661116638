"""Whom the letter that asks for time is addressed to."""

from django.utils.translation import gettext_lazy

from ui import forms as ui


class AddressedForm(ui.Form):
    """The manager's name as it stands on the letter. We keep it nowhere."""

    mark_optional = False

    to = ui.CharField(
        label=gettext_lazy("Who is it to?"),
        help_text=gettext_lazy("Their name, or leave it empty to write it in by hand. We do not keep it."),
        required=False,
        max_length=100,
    )
