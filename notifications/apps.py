from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        from notifications import actions, kinds, queries, rules
        from ui import registries

        kinds.register(
            kinds.Kind(actions.DIGEST, _("Several things at once"), why_not_off=_("You choose it kind by kind."))
        )
        registries.account_badges.add(
            registries.AccountBadge(_("Messages"), "notifications:inbox", queries.unread_count, order=10)
        )
        registries.navigation.add(
            registries.NavigationEntry(_("Outbox"), "notifications:outbox", rules.may_see_outbox, order=90)
        )
        registries.data_exports.add(registries.DataExport("messages", queries.export_for))
        registries.account_closing.add(registries.AccountClosing(actions.close_account))
        registries.retention.add(
            registries.Retention(_("The text of e-mails and messages"), _("90 days"), actions.purge_bodies)
        )
