from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EvaluationConfig(AppConfig):
    name = "evaluation"

    def ready(self) -> None:
        from accelerator.registries import SelectionLink, selection_links
        from evaluation import rules
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
        selection_links.add(SelectionLink(_("The mix of who is chosen"), "evaluation:selection_mix"))
        kinds.register(kinds.Kind("report_ready", _("A report that I asked for is ready")))
