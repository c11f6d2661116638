"""Members who could help each other in a ring."""

from people.models import Skill, User
from tests.timebank.factories import a_listing, a_member
from timebank.actions import cycles
from timebank.models import Cycle

SKILLS = ["Software", "Coaching", "Statistics", "Finance"]
NAMES = ["Ama Osei", "Bo Lind", "Cy Young", "Di Ryan"]


def wants(person: User, gives: str, asks: str, **fields) -> None:
    """Puts one offer and one request of a person on the board."""
    a_listing(person, "offer", f"An hour of {gives.lower()}", skills=[Skill.objects.named(gives)], **fields)
    a_listing(person, "request", f"Help with {asks.lower()}", skills=[Skill.objects.named(asks)], **fields)


def a_ring(people: int = 3, **fields) -> list[User]:
    """Members of whom each offers what the next asks for, and the last what the first does."""
    members = [a_member(NAMES[n]) for n in range(people)]
    for n, person in enumerate(members):
        wants(person, SKILLS[n], SKILLS[n - 1 if n else people - 1], **fields)
    return members


def a_chain(people: int = 3) -> tuple[Cycle, list[User]]:
    """A chain that was suggested, and its people in order."""
    members = a_ring(people)
    cycles.rebuild()
    return Cycle.objects.get(links__giver=members[0], state="open"), members
