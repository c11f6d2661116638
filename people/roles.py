"""The roles that people are given. Roles that follow from the data (a team member, a steward, a party to an exchange)
are rules of their rooms, not roles."""

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Role:
    """What somebody is here to do. `permissions` are words that a rule or a person can read; `staff` roles see other
    people's matters, so they need a second factor; `scoped` ones may be given for one wave only."""

    slug: str
    name: Any  # lazy text
    description: Any
    permissions: frozenset[str] = field(default_factory=frozenset)
    staff: bool = False
    scoped: bool = False
    granted: bool = True  # False: it follows from joining


def _role(slug: str, name: Any, description: Any, *permissions: str, **flags: bool) -> Role:
    return Role(slug, name, description, frozenset(permissions), **flags)


ROLES: dict[str, Role] = {
    role.slug: role
    for role in [
        _role(
            "member",
            _("Member"),
            _("Everybody who has joined and accepted the code of conduct."),
            "apply",
            "exchange hours",
            "sign up for goals",
            granted=False,
        ),
        _role(
            "reviewer",
            _("Reviewer"),
            _("Scores applications without seeing who wrote them."),
            "score applications",
            scoped=True,
        ),
        _role(
            "portfolio_manager",
            _("Portfolio manager"),
            _("Runs a wave: triage, reviews, decisions, roadmaps, check-ins and the dashboard."),
            "run waves",
            "assign reviewers",
            "decide applications",
            "edit roadmaps",
            "accept evidence",
            "see the cohort",
            staff=True,
            scoped=True,
        ),
        _role(
            "broker",
            _("Time broker"),
            _("Keeps the timebank honest: moderation, disputes, corrections, and people who need a hand."),
            "correct the ledger",
            "decide disputes",
            "moderate listings",
            "bring people aboard",
            "handle reports",
            staff=True,
        ),
        _role(
            "safeguarding_lead",
            _("Safeguarding lead"),
            _("Looks after worries about somebody's safety. Nobody else sees those cases."),
            "see safeguarding cases",
            staff=True,
        ),
        _role(
            "outreach_lead",
            _("Outreach lead"),
            _("Prints posters, sends the e-mail packs, and sees which of them brought people in."),
            "make placements",
            "see outreach figures",
        ),
        _role(
            "evaluator",
            _("Evaluator"),
            _("Sees aggregates and approved extracts, never a person's answers."),
            "see aggregates",
            "build reports",
            staff=True,
        ),
        _role(
            "administrator",
            _("Administrator"),
            _("Gives and takes away roles, looks after reference lists, and answers data-protection complaints."),
            "grant roles",
            "edit reference lists",
            "answer complaints",
            "suspend accounts",
            staff=True,
        ),
    ]
}

STAFF = frozenset(slug for slug, role in ROLES.items() if role.staff)
GRANTABLE = [slug for slug, role in ROLES.items() if role.granted]
