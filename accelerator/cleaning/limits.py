"""Limits of what a file may ask for before it is refused. The process's own limits come on top: they hold whatever we forgot."""

from typing import Literal

Why = Literal["locked", "broken", "too_much", "kind"]

CPU_SECONDS = 60
WALL_SECONDS = 180  # the machine may have other things to do
MEMORY_BYTES = 1024**3  # of addresses
OUTPUT_BYTES = 40 * 1024**2

MOST_PIXELS = 50_000_000  # of a picture; of all frames of a moving one
LONGEST_SIDE = 2400  # pixels that a copy has
LONGEST_SIDE_MOVING = 800
MOST_FRAMES = 100
MOST_PAGES = 100
PAGE_DPI = 120
MOST_CHARACTERS = 200_000  # of words in a copy
MOST_PICTURES = 60  # in an office document

MOST_PARTS = 3000  # files in a ZIP
UNPACKED_BYTES = 100 * 1024**2  # of all that is read of a ZIP
LARGEST_RATIO = 300  # a part's size to what it takes in the ZIP, for parts larger than
RATIO_COUNTS_FROM = 1024**2  # bytes
DEEPEST_XML = 256  # elements within one another


class Refused(Exception):
    """This file cannot be made safe to show. `why` says what stands in the way."""

    def __init__(self, why: Why):
        super().__init__(why)
        self.why: Why = why
