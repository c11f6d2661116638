from timebank.models.exchanges import Dispute, Exchange, HoursRecord, Message
from timebank.models.group_sessions import GroupBooking, GroupProvider, GroupSession
from timebank.models.ledger import Account, Entry, FloorChange, Hold, IdempotencyKey, LedgerCheck, Transfer
from timebank.models.listings import Listing
from timebank.models.policy import Policy
from timebank.models.pots import Pot, PotInvitation, PotMember, PotNamed, PotSteward
from timebank.models.purposes import Purpose

__all__ = [
    "Account",
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
    "Message",
    "Policy",
    "Pot",
    "PotInvitation",
    "PotMember",
    "PotNamed",
    "PotSteward",
    "Purpose",
    "Transfer",
]
