from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PeopleConfig(AppConfig):
    name = "people"

    def import_models(self) -> None:
        super().import_models()
        from people.equality import models  # noqa: F401 -- Django only looks in people.models by itself

    def ready(self) -> None:
        from notifications import kinds
        from notifications.reminders import register
        from people import access, concerns, queries, reminders
        from people.actions import care, factors, retention, sign_in
        from people.equality import actions as equality
        from people.equality.options import QUESTIONS
        from people.pauses import actions as pauses
        from people.pauses import moderation
        from people.pauses import queries as pause_queries
        from people.rules import PAUSERS, has_any_role, has_role
        from ui import registries

        def equality_answers(user):
            kept = equality.answers_of(user)
            return {column: getattr(kept, column) for column, _question, _answers in QUESTIONS} if kept else {}

        kinds.register(
            kinds.Kind(
                retention.DORMANT,
                _("my account, before it is closed"),
                why_not_off=_("We close no account without telling its owner first."),
                urgent=True,
            ),
            kinds.Kind(
                care.ASKED,
                _("second steps that somebody lost"),
                why_not_off=_("Two people decide it, and you may be one of them."),
                urgent=True,
            ),
            kinds.Kind(
                factors.KIND,
                _("changes in how I sign in"),
                why_not_off=_("You must hear of it where it was not you."),
                urgent=True,
            ),
            kinds.Kind(
                pauses.PAUSED,
                _("a pause of my account"),
                why_not_off=_("We pause no account without telling its owner."),
                urgent=True,
                while_paused=True,
            ),
            kinds.Kind(
                pauses.APPEALS,
                _("appeals that I can decide"),
                why_not_off=_("Somebody waits for your answer, and cannot use the site until then."),
                urgent=True,
            ),
        )
        kinds.register(*reminders.KINDS)
        register(*reminders.REMINDERS)
        concerns.register(concerns.Kind("person", queries.person_seen))
        registries.home_cards.add(registries.HomeCard("people/home/cases.html", queries.cases_card, order=1))
        registries.home_cards.add(registries.HomeCard("people/home/resets.html", queries.resets_card, order=2))
        registries.home_cards.add(registries.HomeCard("people/home/appeals.html", pause_queries.appeals_card, order=3))
        registries.data_exports.add(
            registries.DataExport("you", queries.my_data, order=10),
            registries.DataExport("pauses", pause_queries.export_of, order=10),
            registries.DataExport("equality-answers", equality_answers, order=11),
        )
        registries.moderation.add(*moderation.own_sources())
        keep = registries.Retention
        registries.retention.add(
            keep(_("Your name, email address and profile"), _("Until you close your account"), order=10),
            keep(_("Sign-in codes"), _("One day"), sign_in.purge_codes, order=11),
            keep(
                _("Where you are signed in: when it began and which browser, never from which address"),
                _("Until you sign out; 30 days at most"),
                retention.purge_sessions,
                order=11,
            ),
            keep(
                _("When and how you became known here, which decides how far you can spend before you give"),
                _("As long as the platform runs, without your name"),
                order=13,
            ),
            keep(_("Equality answers"), _("Until you delete them or close your account"), order=12),
            keep(_("Roles, and why they were given"), _("As long as the platform runs, without your name"), order=13),
            keep(
                _("What administrators did to an account, and why"),
                _("As long as the platform runs, without your name"),
                order=13,
            ),
            keep(
                _("Reports and worries about safety, and pauses of accounts"),
                _("Six years after they are closed"),
                retention.purge_safety,
                order=14,
            ),
            keep(
                _("Data-protection complaints"),
                _("Six years after the answer"),
                retention.purge_complaints,
                order=15,
            ),
            keep(
                _("Accounts that nobody signs in to"),
                _("Three years. We email you 30 days before we close yours"),
                retention.close_dormant,
                order=10,
            ),
            keep(_("Who did what (numbers, not names)"), _("As long as the platform runs"), order=16),
        )
        registries.notices.add(registries.Notice("people/desk_closed.html", access.desk_closed, order=10))
        entry = registries.NavigationEntry
        registries.navigation.add(
            entry(_("People"), "people:people", lambda user: has_role(user, "administrator"), order=90),
            entry(_("Safeguarding"), "people:cases", lambda user: has_role(user, "safeguarding_lead"), order=91),
            entry(_("Paused accounts"), "people:pauses", lambda user: has_any_role(user, PAUSERS), order=93),
            entry(_("Reports"), "people:reports", lambda user: has_role(user, "broker"), order=92),
        )
