"""What the receiving side says after an exchange: thanks, how useful it was, the skills that they saw. All optional."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from audit.actions import record as audit_record
from people.models import Skill
from people.rules import check_may_act
from timebank.actions.locking import check_pair, lock
from timebank.letters import tell
from timebank.models import Exchange, Feedback, SkillConfirmation
from timebank.rules import State, Who
from ui.errors import DomainError, Invalid, NotAllowed

LONGEST_THANKS = 1000


@transaction.atomic
def give(
    *, by: Any, exchange: Exchange, thanks: str = "", useful: int | None = None, skills: Iterable[Skill] = ()
) -> Feedback:
    """Keeps what the receiving side says about a settled exchange, in place of what it said before; the giver is told of
    new thanks. `useful` is 1 to 5; `skills` are those that the giver showed.

    Raises Invalid (thanks, useful, skills) also where nothing is said, DomainError where it is not settled, NotAllowed for
    the giver or across a block, Missing for strangers.
    """
    check_may_act(by)
    thanks, skills = thanks.strip(), list(skills)
    if len(thanks) > LONGEST_THANKS:
        raise Invalid(_("The thank-you must be 1,000 characters or fewer."), field="thanks")
    if useful is not None and useful not in Feedback.Useful.values:
        raise Invalid(_("Choose how useful it was, from 1 to 5."), field="useful")
    if any(skill.merged_into_id for skill in skills):
        raise Invalid(_("Choose skills from the list."), field="skills")
    locked = lock(exchange, by)
    exchange = locked.exchange
    if Who.RECEIVER not in locked.who:
        raise NotAllowed(_("Only the side that received the time can say this."))
    if exchange.state != State.SETTLED:
        raise DomainError(_("You can say how it was once the hours are settled."))
    check_pair(exchange.provider, exchange.receiver, by)
    before = Feedback.objects.filter(exchange=exchange).first()
    if not (before or thanks or useful or skills):
        raise Invalid(_("Say thanks, how useful it was, or which skills you saw."), field="thanks")
    feedback = before or Feedback(exchange=exchange)
    is_new_thanks = bool(thanks) and thanks != feedback.thanks
    feedback.author, feedback.thanks, feedback.useful = by, thanks, useful
    feedback.shown = feedback.shown and not is_new_thanks and bool(thanks)  # the giver has not seen these words yet
    feedback.written_at = locked.now
    feedback.save()
    _confirm(exchange, by, skills)
    audit_record(by=by, verb="timebank.exchange.feedback", obj=exchange, skills=len(skills))
    if is_new_thanks:
        tell(exchange, "thanked", to=exchange.provider, by=by, message=thanks, nonce=locked.now.isoformat())
    return feedback


def _confirm(exchange: Exchange, by: Any, skills: list[Skill]) -> None:
    """The confirmed skills are these, and no others."""
    exchange.skills_confirmed.exclude(skill__in=skills).delete()
    known = set(exchange.skills_confirmed.values_list("skill_id", flat=True))
    SkillConfirmation.objects.bulk_create(
        SkillConfirmation(exchange=exchange, skill=skill, confirmed_by=by)
        for skill in dict.fromkeys(skills)
        if skill.pk not in known
    )


@transaction.atomic
def show(*, by: Any, exchange: Exchange, shown: bool) -> Feedback:
    """The giver shows the thanks on their own page, or hides them again. Raises DomainError where there are none."""
    check_may_act(by)
    locked = lock(exchange, by)
    if Who.PROVIDER not in locked.who:
        raise NotAllowed(_("Only the person who was thanked can choose this."))
    feedback = Feedback.objects.filter(exchange=locked.exchange).exclude(thanks="").first()
    if feedback is None:
        raise DomainError(_("There are no thanks to show."))
    if feedback.shown != shown:
        feedback.shown = shown
        feedback.save(update_fields=["shown"])
        audit_record(by=by, verb="timebank.thanks.shown" if shown else "timebank.thanks.hidden", obj=feedback)
    return feedback
