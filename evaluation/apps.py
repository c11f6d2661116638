from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EvaluationConfig(AppConfig):
    name = "evaluation"

    def ready(self) -> None:
        from accelerator.registries import WaveLink, WavePlan, selection_links, wave_links, wave_plans
        from evaluation import plans, rules
        from notifications import kinds
        from ui.registries import NavigationEntry, navigation

        navigation.add(
            NavigationEntry(
                _("Evaluation"),
                "evaluation:reports",
                lambda user: user.is_authenticated and rules.may_build(user),
                order=80,
            )
        )
        selection_links.add(WaveLink(_("The mix of who is chosen"), "evaluation:selection_mix"))
        wave_links.add(WaveLink(_("How we will know whether it worked"), "evaluation:plan"))
        wave_plans.add(WavePlan(plans.carry, plans.drop))
        kinds.register(kinds.Kind("report_ready", _("A report that I asked for is ready")))
