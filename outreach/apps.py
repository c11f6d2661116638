from functools import partial

from django.apps import AppConfig
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


def _door(door: str) -> str:
    """The front page's way in: the landing without a poster, at one of its doors."""
    return f"{reverse('outreach:start')}#{door}"


class OutreachConfig(AppConfig):
    name = "outreach"

    def ready(self) -> None:
        from notifications import kinds
        from notifications import reminders as every_reminder
        from outreach import actions, queries, reminders, rules
        from people import registries as people_registries
        from ui import registries

        kinds.register(reminders.POSTERS)
        every_reminder.register(*reminders.REMINDERS)
        registries.front_doors.add(*(registries.FrontDoor(door, partial(_door, door)) for door in ("idea", "hour")))
        people_registries.signed_in.add(people_registries.SignedIn(actions.claim_on_sign_in))
        people_registries.after_onboarding.add(people_registries.AfterOnboarding(actions.next_address))
        registries.navigation.add(
            registries.NavigationEntry(_("Outreach"), "outreach:campaigns", rules.may_lead, order=70)
        )
        registries.data_exports.add(registries.DataExport("outreach", queries.export_for))
        registries.account_closing.add(registries.AccountClosing(actions.close_account))
        registries.retention.add(
            registries.Retention(
                _("What you said at the door, if you never signed in"), _("30 days"), actions.purge_unclaimed
            )
        )
