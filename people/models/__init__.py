"""The public names of this room's models. Equality answers live in `people.equality`, behind an import contract."""

from people.equality.models import EqualityAnswers  # registered with Django here; nobody imports it from here
from people.models.accounts import Profile, RoleGrant, SignInCode, User
from people.models.privacy import DataComplaint
from people.models.reference import Organisation, Skill
from people.models.safety import Block, CaseNote, Report, SafeguardingCase

__all__ = [
    "Block",
    "CaseNote",
    "DataComplaint",
    "EqualityAnswers",
    "Organisation",
    "Profile",
    "Report",
    "RoleGrant",
    "SafeguardingCase",
    "SignInCode",
    "Skill",
    "User",
]
