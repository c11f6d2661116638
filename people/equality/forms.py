"""The questions, as forms. Every one may be left out."""

from django.utils.translation import gettext_lazy as _

from people.equality.options import PAY_CLUSTERS, QUESTIONS
from ui import forms


class PayClusterForm(forms.Form):
    pay_band = forms.ChoiceField(
        label=_("Which of these is your pay band?"),
        help_text=_(
            "We ask everybody, to see if we reach people in every job. Nobody sees your answer with your name."
        ),
        choices=PAY_CLUSTERS,
        required=False,
        divider_before="not-said",
    )
    mark_optional = False


class EqualityForm(forms.Form):
    mark_optional = False


for _column, _question, _answers in QUESTIONS:
    choices = _answers if _column != "pay_band" else [*_answers[:-1], *PAY_CLUSTERS[:4], _answers[-1]]
    EqualityForm.base_fields[_column] = forms.SelectField(
        label=_question, choices=[("", _("No answer")), *choices], required=False
    )
