"""How pages look on which something is kept from somebody, or waits for somebody's yes."""

from accelerator.actions import phone, review
from tests.accelerator.factories import a_full_draft, a_manager, a_person, an_application
from tests.accelerator.innovations.factories import a_funded_wave
from tests.accelerator.looking import check_pages
from tests.matrix import make_client


def test_what_is_kept_and_what_waits_for_a_yes_reads_on_a_phone(browse, live):
    late, rival, colleague = a_manager("Late Manager"), a_manager("Rival Manager"), a_manager("Free Colleague")
    wave = a_funded_wave()
    ideas = [an_application(a_person(f"Lead {n}"), wave) for n in range(3)]
    an_application(rival, wave)
    draft = a_full_draft(None, wave)
    broker = a_person("Bea Broker", role="broker")
    phone.begin_for(by=broker, member=draft.lead, wave=wave, asked=True)
    make_client(late).get(f"/selection/{wave.slug}/")
    for idea in ideas[:2]:
        review.declare_conflict(by=late, person=idea.lead)
    space = f"/selection/{wave.slug}/"
    check_pages(
        browse,
        live,
        [
            (colleague, [f"{space}kept/"]),
            (rival, [f"{space}?sort=reference", f"{space}first-look/", f"{space}give-out/", f"{space}panel/"]),
            (late, ["/reviews/declared/"]),
            (draft.lead, [f"/applications/{draft.pk}/"]),
        ],
    )
