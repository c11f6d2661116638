"""Asking a broker, telling what happened, asking for a second look, and undoing what silence settled."""

from typing import Any

from django.utils.translation import gettext_lazy

from timebank.actions import disputes
from timebank.forms.exchanges import StatementForm
from timebank.forms.fields import RequiredReasonForm
from timebank.views.exchanges import Move


class Undo(Move):
    title = gettext_lazy("Undo this settlement")
    intro = gettext_lazy("It was settled because one side said nothing. Undoing it gives everything back.")
    button = gettext_lazy("Undo it")
    said = gettext_lazy("Undone. What was paid went back whole.")
    form_class = RequiredReasonForm

    def act(self, reason: str) -> Any:
        return disputes.undo(by=self.request.user, exchange=self.exchange, reason=reason)


class AskBroker(Move):
    title = gettext_lazy("Ask a broker to decide")
    intro = gettext_lazy("A broker who knows neither of you well reads both sides and decides within 10 days.")
    button = gettext_lazy("Send to a broker")
    said = gettext_lazy("A broker will look at it. What is set aside stays set aside.")
    form_class = StatementForm

    def act(self, statement: str) -> Any:
        return disputes.dispute(by=self.request.user, exchange=self.exchange, statement=statement)


class Appeal(AskBroker):
    event = "appeal"
    title = gettext_lazy("Ask for a second look")
    intro = gettext_lazy(
        "You can ask once. Another broker, or an administrator, reads both sides again and decides. It may come out higher or "
        "lower, and then it is final."
    )
    button = gettext_lazy("Ask for a second look")
    said = gettext_lazy("Somebody else will look at it. What was paid stays paid until they decide.")

    def act(self, statement: str) -> Any:
        return disputes.appeal(by=self.request.user, exchange=self.exchange, statement=statement)


class Statement(AskBroker):
    title = gettext_lazy("Tell the broker what happened")
    intro = gettext_lazy("You can change it until the broker decides.")
    button = gettext_lazy("Save")
    said = gettext_lazy("Saved. The broker reads it with the other side's.")

    def act(self, statement: str) -> Any:
        return disputes.add_statement(by=self.request.user, exchange=self.exchange, statement=statement)
