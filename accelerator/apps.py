from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AcceleratorConfig(AppConfig):
    name = "accelerator"

    def ready(self) -> None:
        self.register_apply()
        self.register_innovations()
        self.register_learning()
        self.register_concerns()

    def register_concerns(self) -> None:
        """Register the kinds of thing that people can report or be worried about."""
        from accelerator.queries import concerns
        from people.concerns import register

        register(*concerns.KINDS)

    def register_apply(self) -> None:
        """What waves, applying and review add to the front page, to home, to the header and to reminders."""
        from accelerator import reminders_apply
        from accelerator.actions import access_fund, leaving
        from accelerator.actions import helping as helping_actions
        from accelerator.actions.apply import from_the_door
        from accelerator.actions.fits import purge as purge_fits
        from accelerator.actions.quarantine import purge_taken
        from accelerator.actions.quarantine_evidence import purge_taken as purge_evidence
        from accelerator.actions.retention import purge_drafts
        from accelerator.queries import access_fund as access_fund_queries
        from accelerator.queries import helping, home_apply, outcomes, taking_part, triage
        from notifications import kinds
        from notifications.reminders import register
        from outreach.registries import on_board
        from people.registries import RoleScopes, role_scopes
        from timebank import registries as timebank
        from ui import registries

        timebank.working_days_for[helping_actions.PURPOSE] = helping_actions.WORKING_DAYS
        timebank.exchange_sections.add(
            timebank.ExchangeSection("accelerator/apply/on_exchange.html", helping.on_exchange),
            timebank.ExchangeSection("accelerator/apply/taking_part.html", taking_part.on_exchange, order=60),
        )
        timebank.taking_part.add(timebank.TakingPart(taking_part.needs))
        kinds.register(*reminders_apply.KINDS)
        register(*reminders_apply.REMINDERS)
        on_board.add("idea", from_the_door)
        role_scopes.add(RoleScopes(home_apply.wave_names))
        registries.front_calendar.add(registries.FrontCalendar(home_apply.calendar, order=10))
        registries.public_figures.add(registries.PublicFigure(home_apply.ideas_figure, order=30))
        registries.home_cards.add(
            registries.HomeCard("accelerator/apply/home_application.html", home_apply.application_card, order=5),
            registries.HomeCard("accelerator/apply/home_invited.html", home_apply.invitations_card, order=5),
            registries.HomeCard("accelerator/apply/home_helping.html", helping.card, order=6),
            registries.HomeCard("accelerator/review/home_flags.html", home_apply.flags_card, order=4),
            registries.HomeCard("accelerator/review/home_reviews.html", home_apply.reviews_card, order=6),
            registries.HomeCard("accelerator/review/home_decide.html", home_apply.decide_card, order=7),
        )
        registries.navigation.add(
            registries.NavigationEntry(
                _("My applications"), "accelerator:applications", home_apply.has_applications, 25
            ),
            registries.NavigationEntry(_("Write for somebody"), "accelerator:phone", home_apply.is_broker, 27),
            registries.NavigationEntry(_("My reviews"), "accelerator:reviews", home_apply.reviews_for, 26),
            registries.NavigationEntry(
                _("Patients named"), "accelerator:patient_flags", home_apply.is_safeguarding_lead, 27
            ),
            registries.NavigationEntry(_("Selection"), "accelerator:selection", home_apply.runs_any, 28),
        )
        registries.data_exports.add(
            registries.DataExport("applications", home_apply.export_for, order=55),
            registries.DataExport("reviewing", outcomes.export_for, order=56),
        )
        registries.data_exports.add(registries.DataExport("told_of_calls", home_apply.export_wish_for, order=57))
        registries.account_closing.add(
            registries.AccountClosing(
                lambda user, by: leaving.leave(user=user),
                order=10,
                template="accelerator/_leaving.html",
                tell=leaving.told,
            )
        )
        registries.home_cards.add(
            registries.HomeCard("accelerator/access_fund/home_card.html", access_fund_queries.waiting_card, order=8)
        )
        registries.data_exports.add(
            registries.DataExport("access_fund", access_fund_queries.export_for, order=58),
            registries.DataExport("first_looks", triage.export_for, order=59),
        )
        registries.retention.add(
            registries.Retention(
                _("What you claimed for travel, data, care or an interpreter, and your receipts"),
                _(
                    "7 years after the wave ended, as accounts must be; then the words and receipts go and the sums stay"
                ),
                access_fund.purge,
                42,
            )
        )
        registries.retention.add(
            registries.Retention(_("What “Is this for me?” said"), _("365 days"), purge_fits, 38),
            registries.Retention(
                _("Answers and files that were taken away because they named a patient"),
                _("7 days, in case it was a mistake"),
                purge_taken,
                39,
            ),
            registries.Retention(
                _("Evidence and files of milestones that were taken away because they named a patient"),
                _("7 days, in case it was a mistake"),
                purge_evidence,
                39,
            ),
            registries.Retention(
                _("Applications that you began and did not send"),
                _("365 days after your last change"),
                purge_drafts,
                40,
            ),
            registries.Retention(
                _("Applications that you sent, and the letters about them"),
                _("For good: they are the record of how places were given"),
                None,
                41,
            ),
        )

    def register_innovations(self) -> None:
        """What innovations add to home, to the header and to people's reminders."""
        from accelerator import reminders
        from accelerator.queries import circles, dashboard, home, innovations
        from goals.registries import PurposeCircle
        from goals.registries import circles as circles_of_goals
        from notifications import kinds
        from notifications.reminders import register
        from ui import registries

        kinds.register(*reminders.KINDS)
        register(*reminders.REMINDERS)
        registries.home_cards.add(
            registries.HomeCard("accelerator/innovations/home_card.html", home.team_card, order=10),
            registries.HomeCard("accelerator/innovations/home_manager_card.html", home.manager_card, order=20),
        )
        registries.navigation.add(
            registries.NavigationEntry(
                _("My innovation"), "accelerator:my_innovations", innovations.on_any_team, order=24
            ),
            registries.NavigationEntry(_("Cohort"), "accelerator:cohorts", dashboard.manages_any, order=30),
        )
        registries.data_exports.add(registries.DataExport("innovations", home.export_for, order=60))
        circles_of_goals.add(PurposeCircle(circles.managed_by, circles.teamed_by, circles.url_for))

    def register_learning(self) -> None:
        """What the learning log adds to the foot of every page, to managers' home and to "download my data"."""
        from accelerator.queries import lessons
        from ui import registries

        registries.footer_links.add(
            registries.FooterLink(_("Waves"), "accelerator:waves", 10),
            registries.FooterLink(_("Learning log"), "accelerator:learning", 20),
        )
        registries.home_cards.add(
            registries.HomeCard("accelerator/lessons/home_card.html", lessons.waiting_card, order=9)
        )
        registries.data_exports.add(registries.DataExport("learning", lessons.export_for, order=61))
        registries.retention.add(
            registries.Retention(
                _("What you wrote in the learning log"), _("For good, and never with your name on the page"), None, 43
            )
        )
