"""What somebody says with one of two buttons."""

from django.http import HttpRequest
from django.utils.translation import gettext as _

from ui.errors import Invalid


def yes_or_no(request: HttpRequest) -> bool:
    """Which of the two buttons "yes" and "no" was pressed. Raises Invalid for neither."""
    if request.POST.get("answer") not in {"yes", "no"}:
        raise Invalid(_("Say yes or no."))
    return request.POST["answer"] == "yes"
