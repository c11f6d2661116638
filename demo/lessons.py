"""The learning log: what people have learnt so far, and what became of it."""

import datetime as dt
from typing import TYPE_CHECKING

from django.utils import timezone

from accelerator.models import Lesson, Programme, Wave
from accelerator.queries.lessons import adopted_for

if TYPE_CHECKING:
    from demo.seed import Story

# who, what it is about (a wave or a programme by its slug, or everything), days ago or the day, what, answer, reason
LEARNT: list[tuple[str, str, int | dt.date, str, str, str]] = [
    ("grace", "wave-one", dt.date(2022, 10, 18),
     "The call closed on a Sunday at 5 pm. Half of us were on shift, and two sent it from a bus.",
     "adopted", "Whoever asks before the call closes can have more time, and what was not sent is kept for the next call."),
    ("ruth", "wave-one", dt.date(2022, 11, 2), "Reviewers who had nursed saw at once what those of us in offices missed.",
     "adopted", "Every panel has a patient or carer, and somebody from bands 1 to 4."),
    ("malcolm", "open", dt.date(2023, 6, 12), "I nearly gave up at the word “stakeholder”. Ask who else needs to say yes.",
     "adopted", "The questions were read aloud by five people who had never written a bid. Eleven words went."),
    ("anna", "wave-one", dt.date(2023, 5, 30), "A monthly call at lunchtime suits nobody who has a ward. Ours had three people in it.",
     "tried", "We moved it to 8 pm for two months: seven came, then four. A recording is what people watch."),
    ("tomasz", "coast-and-country", 75, "Travel to the kick-off cost one team a day and £60. Meet halfway, or by video.",
     "adopted", "The first meeting is by video. Where teams do meet, the access fund pays beforehand."),
    ("grace", "", 60, "Let people apply by voice message. My colleague has the best idea of us all and does not write.",
     "tried", "A time broker takes answers by phone. Voice messages themselves we could not read to reviewers without a name."),
    ("quinn", "", 45, "Pay helpers in vouchers instead of hours.",
     "declined", "A voucher counts as pay: it would cost some of us benefits. An hour for an hour does not."),
    ("malcolm", "coast-and-country", 6, "The poster in the bus shelter brought in more carers than the one in the surgery.",
     "waiting", ""),
    ("ruth", "wave-two", 3, "Say on the first page how long each question takes. I put it off because I thought it was hours.",
     "waiting", ""),
]  # fmt: skip


ANSWERED = dt.timedelta(days=3)


def add(story: "Story", *, next_wave: Wave) -> None:
    """The log, and the lessons that the open wave took with it."""
    waves = {wave.slug: wave for wave in Wave.objects.select_related("programme")}
    programmes = {programme.slug: programme for programme in Programme.objects.all()}
    for number, (who, about, when, text, answer, reason) in enumerate(LEARNT):
        day = when if isinstance(when, dt.date) else story.today - dt.timedelta(days=when)
        wave, at = waves.get(about), timezone.make_aware(dt.datetime.combine(day, dt.time(10)))
        answered = {} if answer == "waiting" else {"answered_by": story.people["priya"], "answered_at": at + ANSWERED}
        Lesson.objects.create(
            by=story.people[who], key=f"demo:{number}", text=text, at=at, answer=answer, reason=reason, wave=wave,
            programme=wave.programme if wave else programmes.get(about), **answered,
        )  # fmt: skip
    next_wave.taken_lessons.set(adopted_for(next_wave).filter(at__lt=next_wave.call_opens))
