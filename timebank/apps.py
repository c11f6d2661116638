from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

DESK_ROLES = ("broker", "administrator")


class TimebankConfig(AppConfig):
    name = "timebank"

    def ready(self) -> None:
        from notifications import kinds, reminders
        from people import concerns as concern_kinds
        from people import registries as people_registries
        from people.rules import has_any_role, may_act
        from timebank import desk_letters, dispute_reminders, group_letters, group_reminders, letters, pot_letters
        from timebank import reminders as ours
        from timebank.actions import asked, group_places, imports, leaving
        from timebank.actions import cycles as cycle_actions
        from timebank.actions import engagements as engagement_actions
        from timebank.queries import (
            concerns,
            cycles,
            desk,
            engagements,
            exchanges,
            feedback,
            group_sessions,
            home,
            listings,
            my_data,
            office_hours,
            record,
            tariffs,
        )
        from timebank.queries import imports as import_queries
        from timebank.queries import leaving as leaving_reads
        from ui import registries

        concern_kinds.register(*concerns.KINDS)
        kinds.register(*letters.KINDS)
        kinds.register(*desk_letters.KINDS)
        reminders.register(*ours.REMINDERS)
        kinds.register(*group_letters.KINDS, *pot_letters.KINDS)
        reminders.register(*dispute_reminders.REMINDERS)
        reminders.register(*group_reminders.REMINDERS)
        registries.navigation.add(
            registries.NavigationEntry(_("Time bank"), "timebank:home", may_act, order=20),
            registries.NavigationEntry(
                _("Broker’s desk"), "timebank:desk", lambda user: has_any_role(user, DESK_ROLES), order=70
            ),
        )
        registries.home_cards.add(
            registries.HomeCard("timebank/cards/waiting.html", home.waiting_card, kind="waiting", order=20),
            registries.HomeCard("timebank/cards/engagements.html", engagements.waiting_card, kind="waiting", order=22),
            registries.HomeCard("timebank/cards/bookings.html", office_hours.upcoming_card, kind="waiting", order=25),
            registries.HomeCard(
                "timebank/cards/group_sessions.html", group_sessions.waiting_card, kind="waiting", order=21
            ),
            registries.HomeCard("timebank/cards/desk.html", desk.waiting_card, kind="waiting", order=15),
            registries.HomeCard("timebank/cards/cycle.html", cycles.card, kind="waiting", order=25),
            registries.HomeCard("timebank/cards/enjoy.html", home.enjoy_card, kind="enjoy", order=20),
        )
        registries.public_figures.add(
            registries.PublicFigure(home.hours_figure, order=10),
            registries.PublicFigure(home.first_yes_figure, order=20),
        )
        registries.profile_sections.add(
            registries.ProfileSection("timebank/on_profile.html", listings.on_profile, order=20),
            registries.ProfileSection("timebank/thanks_on_profile.html", feedback.on_profile, order=22),
            registries.ProfileSection("timebank/office_hours_on_profile.html", office_hours.on_profile, order=21),
            registries.ProfileSection("timebank/hours_on_profile.html", record.on_profile, order=21),
        )
        registries.data_exports.add(
            registries.DataExport("exchanges", exchanges.export_for),
            registries.DataExport("feedback", feedback.export_for),
            registries.DataExport("listings", listings.export_for),
            registries.DataExport("group_sessions", group_sessions.export_for),
            registries.DataExport("chains", cycles.export_for),
            registries.DataExport("tariffs", tariffs.export_for),
            registries.DataExport("engagements", engagements.export_for),
            registries.DataExport("office_hours", office_hours.export_for),
            registries.DataExport("time_credits", my_data.account_for),
            registries.DataExport("disputes", my_data.disputes_of),
            registries.DataExport("pots", my_data.pots_of),
            registries.DataExport("record", my_data.own_words_of),
        )
        registries.account_closing.add(registries.AccountClosing(imports.forget, order=19))
        registries.data_exports.add(registries.DataExport("where-i-came-from", import_queries.export_for))
        people_registries.signed_in.add(people_registries.SignedIn(asked.claim_on_sign_in))
        registries.retention.add(
            registries.Retention(_("Addresses that people invite"), asked.HOW_LONG, purge=asked.purge),
            registries.Retention(
                _("Files that brokers import"),
                _("Until they are imported, or 7 days"),
                purge=imports.purge,
            ),
        )
        registries.account_closing.add(
            registries.AccountClosing(lambda user, by: engagement_actions.leave(user=user, by=by), order=15),
            registries.AccountClosing(lambda user, by: cycle_actions.leave(user=user, by=by), order=15),
            registries.AccountClosing(lambda user, by: group_places.leave(user=user, by=by), order=19),
            registries.AccountClosing(
                lambda user, by: leaving.leave(user=user, by=by),
                order=20,
                template="timebank/_leaving.html",
                tell=leaving_reads.told,
            ),
        )
        registries.retention.add(
            registries.Retention(
                _("What you write in your record, and what you choose to show of it"),
                _("Until you delete it or close your account"),
            ),
            registries.Retention(
                _("Exchanges and the record of credits"), _("For good, without your name once you leave")
            ),
            registries.Retention(_("Chains of hours that did not come together"), _("1 year"), cycle_actions.purge),
        )
        _register_what_members_set()


def _register_what_members_set() -> None:
    """Absences, saved searches and standing shares: what is downloaded, and what closing an account ends."""
    from timebank.actions import away as away_actions
    from timebank.actions import searches as search_actions
    from timebank.actions import shares as share_actions
    from timebank.queries import away, searches, shares
    from ui import registries

    registries.data_exports.add(
        registries.DataExport("away", away.export_for),
        registries.DataExport("saved_searches", searches.export_for),
        registries.DataExport("standing_shares", shares.export_for),
    )
    registries.account_closing.add(
        registries.AccountClosing(lambda user, by: away_actions.forget(user=user), order=18),
        registries.AccountClosing(lambda user, by: search_actions.forget(user=user), order=18),
        registries.AccountClosing(lambda user, by: share_actions.end_share(by=user), order=18),
    )
    registries.retention.add(
        registries.Retention(_("When you were away, and your saved searches"), _("Until you close your account"))
    )
