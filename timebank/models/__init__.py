from timebank.models.away import Away
from timebank.models.exchanges import Dispute, Exchange, HoursRecord, Message
from timebank.models.group_sessions import GroupBooking, GroupProvider, GroupSession
from timebank.models.ledger import Account, Entry, FloorChange, Hold, IdempotencyKey, LedgerCheck, Transfer
from timebank.models.listings import Listing, ListingWord
from timebank.models.policy import Policy
from timebank.models.pots import Pot, PotInvitation, PotMember, PotNamed, PotSteward
from timebank.models.purposes import Purpose
from timebank.models.searches import SavedSearch, SavedSearchHit
from timebank.models.shares import StandingShare
from timebank.models.skills import SkillSuggestion

__all__ = [
    "Account",
    "Away",
    "Dispute",
    "Entry",
    "Exchange",
    "FloorChange",
    "GroupBooking",
    "GroupProvider",
    "GroupSession",
    "Hold",
    "HoursRecord",
    "IdempotencyKey",
    "LedgerCheck",
    "Listing",
    "ListingWord",
    "Message",
    "Policy",
    "Pot",
    "PotInvitation",
    "PotMember",
    "PotNamed",
    "PotSteward",
    "Purpose",
    "SavedSearch",
    "SavedSearchHit",
    "SkillSuggestion",
    "StandingShare",
    "Transfer",
]
