"""Both sides and the platform at once, on connections of their own."""

from tests.timebank.exchanges.test_races import at_once
from tests.timebank.factories import a_member, a_session, an_engagement, credits_of, key
from timebank.actions import engagements
from timebank.models import EngagementMonth, Exchange, Hold, Transfer, WorkSession
from timebank.queries import verification


def test_several_workers_close_a_month_once_and_open_the_next_once(real_db, time):
    found = []
    for _number in range(3):
        engagement = an_engagement(a_member(), a_member())
        a_session(engagement, 60)
        engagements.confirm(by=engagement.receiver, engagement=engagement)
        found.append(engagement)
    time.to_the_next_month()
    outcome = at_once(*[engagements.sweep] * 4)
    assert not [error for error in outcome if isinstance(error, Exception)], outcome
    assert Exchange.objects.filter(state="settled", settled_minutes=60).count() == 3
    assert Transfer.objects.count() == 3
    assert EngagementMonth.objects.filter(closed_at=None).count() == 3
    assert Hold.objects.filter(state="active", minutes=360).count() == 3
    assert not verification.findings()


def test_logging_confirming_querying_and_the_end_of_the_month_at_once_keep_the_books_right(real_db, time):
    ada, ben = a_member("Ada"), a_member("Ben")
    engagement = an_engagement(ada, ben)
    for _month in range(3):
        first, second = a_session(engagement, 60), a_session(engagement, 30)
        time.to_the_next_month()
        outcome = at_once(
            lambda: engagements.turn(engagement=engagement),
            lambda s=first: engagements.confirm(by=ben, engagement=engagement, session=s),
            lambda s=second: engagements.query(by=ben, session=s, words="Was it?"),
            lambda: a_session(engagement, 15),
            engagements.sweep,
        )
        assert not [error for error in outcome if isinstance(error, Exception)], outcome
        engagements.turn(engagement=engagement)
        engagements.confirm(by=ben, engagement=engagement)
    months = EngagementMonth.objects.filter(engagement=engagement)
    assert months.count() == 4
    assert not WorkSession.objects.filter(state="logged").exists()
    settled = sum(Exchange.objects.exclude(settled_minutes=None).values_list("settled_minutes", flat=True))
    assert credits_of(ada) == (settled, 0)
    assert not verification.findings()


def test_ending_and_confirming_at_once_settles_once(real_db):
    for _round in range(3):
        engagement = an_engagement(monthly_minutes=60)
        a_session(engagement, 60)
        outcome = at_once(
            lambda e=engagement: engagements.end(by=e.provider, engagement=e),
            lambda e=engagement: engagements.confirm(by=e.receiver, engagement=e),
            lambda e=engagement: engagements.end(by=e.receiver, engagement=e),
        )
        assert not [error for error in outcome if isinstance(error, Exception)], outcome
        assert credits_of(engagement.provider) == (60, 0)
        assert credits_of(engagement.receiver) == (-60, 0)
    assert not verification.findings()


def test_one_form_sent_five_times_at_once_agrees_and_logs_once(real_db):
    ada, ben, form = a_member("Ada"), a_member("Ben"), key()
    proposals = at_once(
        *[lambda: engagements.propose(by=ben, provider=ada, receiver=ben, title="App", monthly_minutes=60, key=form)]
        * 5
    )
    assert len({proposal.pk for proposal in proposals}) == 1
    at_once(*[lambda: engagements.accept(by=ada, engagement=proposals[0])] * 5)
    assert credits_of(ben) == (0, 60)
    sessions = at_once(*[lambda: a_session(proposals[0], 30, key=form)] * 5)
    assert {session.pk for session in sessions} == {WorkSession.objects.get().pk}
