"""Finding what was taken away where somebody else quotes it: whole, in part, or only the name. Pure."""

import re
from collections.abc import Collection, Iterable

RUN = 4  # words in a row that are the same: nobody writes those by chance
_WORD = re.compile(r"[^\W_]+(?:[’'-][^\W_]+)*")
_NAME = re.compile(r"\b[A-Z][^\W\d_]+(?:[’'-][^\W\d_]+)*(?:\s+[A-Z][^\W\d_]+(?:[’'-][^\W\d_]+)*)+")
_NUMBER = re.compile(r"\d(?:[\s/.-]?\d){5,}")  # an NHS number, a date of birth, a telephone number
TITLES = {"Mr", "Mrs", "Ms", "Miss", "Mx", "Dr", "Sir", "Lady", "Prof", "Professor", "Sister", "Nurse", "Doctor"}


def names_in(text: str) -> set[str]:
    """What looks like somebody's name or number in `text`: words with a capital that stand together, each part of three
    letters and more by itself, without titles; and six digits or more in a row."""
    found: set[str] = {number.group() for number in _NUMBER.finditer(text)}
    for together in _NAME.findall(text):
        found.update(part for part in together.split() if part not in TITLES and len(part) >= 3)
    return found


def without(text: str, taken: Iterable[str], mark: str, keep: Collection[str] = ()) -> str:
    """`text` without what it quotes of the texts in `taken`, each gap shown as `mark`: four words in a row and more, in any
    case; what is shorter only whole, as it stood; and the names and numbers in it. Names in `keep` (the writer's own) stay."""
    cuts: list[tuple[int, int]] = []
    words = list(_WORD.finditer(text))
    lower = [word.group().lower() for word in words]
    for one in taken:
        theirs = [word.lower() for word in _WORD.findall(one)]
        runs = {tuple(theirs[n : n + RUN]) for n in range(len(theirs) - RUN + 1)}
        for n in range(len(lower) - RUN + 1):
            if tuple(lower[n : n + RUN]) in runs:
                cuts.append((words[n].start(), words[n + RUN - 1].end()))
        if one.strip():
            cuts += [found.span() for found in re.finditer(rf"(?<!\w){re.escape(one.strip())}(?!\w)", text)]
        for name in names_in(one) - set(keep):
            cuts += [found.span() for found in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE)]
    for start, end in reversed(_joined(cuts)):
        text = text[:start] + mark + text[end:]
    return text.strip()


def _joined(cuts: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Cuts in order, those that touch or overlap made one."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(cuts):
        if joined and start <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
