"""What a letter about a decision is made of: words with gaps, and what goes into them. Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

GAPS: dict[str, Any] = {  # name -> what stands there in the end
    "greeting": gettext_lazy("“Dear Grace,”, or “Hello,” where we have no name"),
    "name": gettext_lazy("the first name; nothing where we have none"),
    "wave": gettext_lazy("the name of this wave"),
    "idea": gettext_lazy("their idea in one sentence, as they wrote it"),
    "starts": gettext_lazy("the day on which support starts"),
    "feedback": gettext_lazy("what reviewers said: the lines of the rubric, then their own words"),
    "offers": gettext_lazy("what they can do now, after a no"),
}
MUST = {"accept": ("feedback",), "reserve": ("feedback",), "decline": ("feedback", "offers")}
_GAP = re.compile(r"\{([^{}\n]*)\}")

DEFAULTS: dict[str, Any] = {
    "accept": gettext_lazy(
        "{greeting}\n\nWe would love to help with your idea. You have a place in {wave}.\n\n“{idea}”\n\n"
        "Support starts on {starts}. You will find a plan with small first steps on your home page, and other people’s time "
        "to spend on it. You do not have to prepare anything.\n\n{feedback}\n\nWith best wishes,"
    ),
    "reserve": gettext_lazy(
        "{greeting}\n\nThank you for your idea. Reviewers liked it, and there were more good ideas than places in {wave}. You "
        "are on the reserve list: if a place becomes free before {starts}, we will ask you.\n\n“{idea}”\n\n"
        "Whatever happens, your idea is kept, so that you can bring it to the next call.\n\n{feedback}\n\nWith best wishes,"
    ),
    "decline": gettext_lazy(
        "{greeting}\n\nThank you for bringing your idea to {wave}. We cannot offer it a place this time. That is no judgement "
        "of you, and many ideas that came back later did well.\n\n“{idea}”\n\n{feedback}\n\n{offers}\n\nWith best wishes,"
    ),
}

OUT_AT_FIRST_LOOK = gettext_lazy(
    "{greeting}\n\nThank you for bringing your idea to {wave}. We read it with care. It does not fit this call, so we did "
    "not send it on to the reviewers, and we want you to know why.\n\n“{idea}”\n\n{feedback}\n\nThat is no judgement of "
    "you or of the problem that you see.\n\n{offers}\n\nWith best wishes,"
)  # instead of a wave's own words for a decline, which speak of reviewers


def problem(text: str, outcome: str) -> str:
    """What is wrong with a template, in words; "" where nothing is. A letter without feedback is never sent by mistake,
    and a no never goes without what may help."""
    unknown = [gap for gap in _GAP.findall(text) if gap not in GAPS]
    if unknown:
        return _("There is no gap called {%(gap)s}. Choose from the list.") % {"gap": unknown[0]}
    missing = [gap for gap in MUST[outcome] if f"{{{gap}}}" not in text]
    if missing:
        return _("Put {%(gap)s} where it belongs: every one of these letters needs it.") % {"gap": missing[0]}
    return ""


def fill(text: str, values: Mapping[str, str]) -> str:
    """A letter: `text` with its gaps filled, nobody's braces read twice, and never two empty lines in a row."""
    filled = _GAP.sub(lambda gap: values.get(gap[1], gap[0]), text.replace("\r\n", "\n"))
    return re.sub(r"\n{3,}", "\n\n", filled).strip() + "\n"


def greeting(name: str) -> str:
    return _("Dear %(name)s,") % {"name": name} if name else _("Hello,")


def feedback(lines: Sequence[tuple[str, str]], comments: Sequence[str]) -> str:
    """What reviewers said: (criterion, words of the rubric) first, then their comments for the applicant."""
    parts = []
    if lines:
        parts.append(_("What reviewers said, in the words of our scoring guide:"))
        parts.append("\n".join(f"- {name}: {words}" for name, words in lines))
    if comments:
        parts.append(_("In their own words:"))
        parts += [f"“{comment}”" for comment in comments]
    return "\n\n".join(parts)


def first_look(reasons: Sequence[str]) -> str:
    """What was said in the first look at an idea that goes no further."""
    return "\n\n".join([_("What we saw:"), *reasons])


def offers(*, coaching: bool) -> str:
    """What somebody can do after a no. `coaching` where the wave has a fund to pay for an hour of it."""
    rows = [
        *([_("An hour with a coach, paid for by us. Open your application and ask for it.")] if coaching else []),
        _("Bring the idea to the next call: your answers are kept, so that you need not write them again."),
        _("The improvement team where you work or are treated may be glad to hear of it."),
        _("Our community is open to you: ask for an hour of help, or give one."),
    ]
    return "\n".join([_("What you can do now:"), *(f"- {row}" for row in rows)])
