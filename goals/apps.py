from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GoalsConfig(AppConfig):
    name = "goals"

    def ready(self) -> None:
        from goals import home, privacy, reminders
        from notifications import kinds
        from notifications import reminders as reminder_list
        from people.rules import has_role
        from timebank.registries import HomeSection, home_sections
        from ui.registries import HomeCard, NavigationEntry, account_closing, data_exports, home_cards, navigation

        navigation.add(
            NavigationEntry(_("Goals"), "goals:mine", lambda user: user.is_authenticated, order=40),
            NavigationEntry(
                _("Stuck list"),
                "goals:stuck",
                lambda user: user.is_authenticated and has_role(user, "portfolio_manager"),
                order=75,
            ),
        )
        home_cards.add(
            HomeCard("goals/home/stuck.html", home.stuck, order=20),
            HomeCard("goals/home/due.html", home.due, order=40),
            HomeCard("goals/home/first.html", home.first, kind="enjoy", order=40),
        )
        home_sections.add(HomeSection("goals/home/on_time_bank.html", home.on_time_bank, order=20))
        kinds.register(
            kinds.Kind("goal_stuck", _("Help when I am stuck with a goal")),
            kinds.Kind("goal_due", _("How my goals are going")),
        )
        reminder_list.register(*reminders.REMINDERS)
        data_exports.add(privacy.EXPORT)
        account_closing.add(privacy.CLOSING)
