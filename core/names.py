"""Names of people: no advertisement, and nothing that a mail program or a page makes a link of."""

import re
import unicodedata

from django.db.models import CheckConstraint, Q
from django.utils.translation import gettext as _

# a sign, a full stop and two more without a blank are what mail programs take for a site, and so are numbers with dots
SITE = r"@|//|http|www[.]|[^[:space:].][.][^[:space:].]{2}|[0-9][.][0-9]"


def problem_with(name: str) -> str:
    """Why this may not be somebody's name here, as a sentence for them; empty where it may."""
    read_as = unicodedata.normalize("NFKC", name)
    if any(unicodedata.category(sign) in {"Cc", "Cf", "Co", "Cn"} and sign not in JOINERS for sign in read_as):
        return _("Your name holds a sign that cannot be seen. Type it again.")
    if re.search(SITE.replace("[:space:]", r"\s"), read_as.replace("。", "."), re.IGNORECASE):
        return _(
            "Write only a name here, without the address of a site or of a mailbox. After initials and titles leave a "
            "space, like Dr. A. B. Mensah."
        )
    return ""


JOINERS = {"\u200c", "\u200d"}  # letters of some scripts need them


def kept_plain(column: str, *, name: str) -> CheckConstraint:
    """The database constraint that `column` holds no address of a site."""
    return CheckConstraint(condition=~Q(**{f"{column}__iregex": SITE}), name=name)
