"""The public names of this room's models. Equality answers live in `people.equality`, behind an import contract;
Django finds their model through `people.apps`."""

from people.models.accounts import Profile, RoleGrant, SignInCode, User
from people.models.care import AccountAct
from people.models.privacy import DataComplaint
from people.models.reference import Organisation, Skill
from people.models.safety import Block, CaseNote, Report, SafeguardingCase
from people.models.standing import Standing
from people.models.suspensions import Appeal, Suspension

__all__ = [
    "AccountAct",
    "Appeal",
    "Block",
    "CaseNote",
    "DataComplaint",
    "Organisation",
    "Profile",
    "Report",
    "RoleGrant",
    "SafeguardingCase",
    "SignInCode",
    "Skill",
    "Standing",
    "Suspension",
    "User",
]
