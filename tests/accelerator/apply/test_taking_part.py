"""What would help somebody take part is passed on to whoever runs a session with them, and to nobody else."""

import pytest

from accelerator.actions import apply
from accelerator.models import Wave
from accelerator.queries.taking_part import needs
from tests.accelerator.apply.test_helping import a_draft_with_fund, agreed, ask, offered, settle
from tests.accelerator.apply.test_pages import as_, page_of
from tests.accelerator.factories import a_full_draft, a_person, an_application, close_call
from tests.timebank.group_sessions.factories import a_place, a_session, rich
from timebank.actions import group_places

pytestmark = pytest.mark.django_db
WORDS = "Captions, and not before three o’clock."
HEADING = "What would help people take part"


def test_whoever_gives_a_group_session_reads_what_would_help_those_who_come():
    host, guest, applicant = rich(), rich(), rich("Ada Applicant")
    a_full_draft(applicant, take_part=WORDS)
    session = a_session(host)
    page = f"/timebank/group-sessions/{session.pk}/"
    assert HEADING not in page_of(as_(host).get(page)), "nobody comes yet"
    a_place(session, applicant)
    a_place(session, guest)
    shown = page_of(as_(host).get(page))
    assert HEADING in shown and WORDS in shown and shown.count("Captions") == 1
    for other in (guest, applicant, a_person()):
        assert WORDS not in page_of(as_(other).get(page))
    group_places.give_up_place(by=applicant, session=session)
    assert WORDS not in page_of(as_(host).get(page)), "they do not come any more"


def test_whoever_gives_time_that_the_wave_pays_reads_it_from_the_yes_until_it_is_over():
    draft, helper = a_draft_with_fund(take_part=WORDS), a_person("Hedy Helper")
    exchange = offered(ask(draft), helper)
    page = f"/timebank/exchanges/{exchange.pk}/"
    assert WORDS not in page_of(as_(helper).get(page)), "an offer is no agreement"
    draft2 = a_draft_with_fund(take_part=WORDS)
    exchange = agreed(ask(draft2), helper)
    page = f"/timebank/exchanges/{exchange.pk}/"
    assert WORDS in page_of(as_(helper).get(page))
    assert WORDS not in page_of(as_(draft2.lead).get(page)), "they know it"
    settle(exchange)
    assert WORDS not in page_of(as_(helper).get(page))


def test_it_is_the_newest_word_of_an_application_that_goes_on():
    lead = a_person()
    sent = an_application(lead, take_part="Before noon.")
    assert needs([lead.pk]) == {lead.pk: "Before noon."}
    close_call(sent.wave)
    a_full_draft(lead, take_part=WORDS)
    assert needs([lead.pk, a_person().pk]) == {lead.pk: WORDS}
    back = an_application(other := a_person(), take_part="A ramp.")
    apply.withdraw(by=other, application=back)
    silent = a_full_draft(take_part="  ")
    over = an_application(take_part="A lift.")
    Wave.objects.filter(pk=over.wave_id).update(
        call_opens="2020-01-01T09:00Z", call_closes="2020-02-01T17:00Z", support_starts="2020-03-01",
        community_starts="2020-04-01", evaluation_starts="2020-05-01", ends="2020-06-01",
    )  # fmt: skip
    assert needs([other.pk, silent.lead_id, over.lead_id]) == {}


def test_it_costs_one_query_for_one_and_for_ten(django_assert_num_queries):
    leads = [a_full_draft(take_part=WORDS).lead_id for _ in range(10)]
    with django_assert_num_queries(1):
        assert len(needs(leads)) == 10
    with django_assert_num_queries(1):
        assert len(needs(leads[:1])) == 1
