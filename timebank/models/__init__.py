from timebank.models.away import Away
from timebank.models.cycles import Cycle, CycleLink, CycleRun
from timebank.models.disputes import Claim, Dispute
from timebank.models.engagements import Engagement, EngagementMonth, WorkSession
from timebank.models.exchanges import Exchange, HoursRecord, Message
from timebank.models.feedback import Feedback, SkillConfirmation
from timebank.models.group_sessions import GroupBooking, GroupProvider, GroupSession
from timebank.models.imports import Import, ImportedId
from timebank.models.ledger import (
    Account,
    Entry,
    FloorChange,
    Hold,
    IdempotencyKey,
    LedgerCheck,
    Transfer,
    WaitingCredit,
)
from timebank.models.listings import Listing, ListingWord
from timebank.models.office_hours import BookedTime, OfficeHours, Slot
from timebank.models.policy import Policy
from timebank.models.pots import Pot, PotInvitation, PotMember, PotNamed, PotSteward
from timebank.models.purposes import Purpose
from timebank.models.record import LeavingWish, Reflection, ShownToOthers
from timebank.models.searches import SavedSearch, SavedSearchHit
from timebank.models.shares import StandingShare
from timebank.models.skills import SkillSuggestion
from timebank.models.tariffs import Tariff, TariffPayment

__all__ = [
    "Account",
    "Away",
    "BookedTime",
    "Claim",
    "Cycle",
    "CycleLink",
    "CycleRun",
    "Dispute",
    "Engagement",
    "EngagementMonth",
    "Entry",
    "Exchange",
    "Feedback",
    "FloorChange",
    "GroupBooking",
    "GroupProvider",
    "GroupSession",
    "Hold",
    "HoursRecord",
    "IdempotencyKey",
    "Import",
    "ImportedId",
    "LeavingWish",
    "LedgerCheck",
    "Listing",
    "ListingWord",
    "Message",
    "OfficeHours",
    "Policy",
    "Pot",
    "PotInvitation",
    "PotMember",
    "PotNamed",
    "PotSteward",
    "Purpose",
    "Reflection",
    "SavedSearch",
    "SavedSearchHit",
    "ShownToOthers",
    "SkillConfirmation",
    "SkillSuggestion",
    "Slot",
    "StandingShare",
    "Tariff",
    "TariffPayment",
    "Transfer",
    "WaitingCredit",
    "WorkSession",
]
