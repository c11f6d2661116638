"""What stands around the form, in a real browser at phone size: help with a question, a broker's phone desk, what names a
patient, the letter that asks for time, and the pages between calls. Axe, valid HTML, reflow, no console error."""

import os
from pathlib import Path

import pytest

from accelerator.actions import helping, phone, quarantine
from people.models import Skill
from tests.accelerator.factories import a_full_draft, a_manager, a_person, an_application, close_call
from tests.accelerator.innovations.factories import a_funded_wave
from tests.browser import check_html, check_page
from tests.timebank.browsing import become
from timebank.actions import exchanges


@pytest.fixture
def scene(live):
    lead, helper, broker, manager = (
        a_person("Cara Carer"),
        a_person("Hedy Helper"),
        a_person("Bea Broker", role="broker"),
        a_manager(),
    )
    wave = a_funded_wave(slug="spring", name="Spring wave")
    draft = a_full_draft(lead, wave)
    questions = wave.question_set.questions
    asked = [
        helping.ask(
            by=lead,
            application=draft,
            question=questions.get(key=key),
            skill=Skill.objects.named("Design"),
            minutes=30,
        )
        for key in ("problem", "idea")
    ]
    offers = [
        exchanges.propose(by=helper, listing=one.listing, minutes=30, key=f"offer {n}") for n, one in enumerate(asked)
    ]
    exchanges.accept(by=lead, exchange=offers[0])
    phone.begin_for(by=broker, member=lead, wave=wave, asked=True)
    phone.confirm(by=lead, scribe=draft.scribes.get())
    sent = an_application(wave=wave)
    for key in ("problem", "who"):
        flag = quarantine.flag(by=helper, application=sent, question=questions.get(key=key), note="A surname")
    quarantine.quarantine(by=manager, flagged=flag)
    question = f"/applications/{draft.pk}/question"
    return wave, [
        (
            lead,
            [
                f"/applications/{draft.pk}/",
                f"{question}/problem/",
                f"{question}/idea/help/",
                f"{question}/who/help/",
                f"/applications/{draft.pk}/time-letter/?to=Amy+Lee",
            ],
        ),
        (helper, ["/home/", f"/helping/{asked[0].pk}/", f"/timebank/exchanges/{offers[0].pk}/"]),
        (broker, ["/phone/", f"/applications/{draft.pk}/", f"{question}/who/", f"/applications/{draft.pk}/send/"]),
        (manager, ["/staff/patients/", f"/selection/application/{sent.pk}/"]),
        (sent.lead, [f"/applications/{sent.pk}/", f"/applications/{sent.pk}/question/problem/names-a-patient/"]),
    ]


def test_every_page_around_the_form_is_accessible_valid_and_fits_a_phone(live, browse, scene):
    wave, people = scene
    pages, wrong = {}, []

    def look(user, paths):
        screen = browse(phone=True, base_url=live)
        if user:
            become(screen, user, live)
        for path in paths:
            answer = screen.goto(path)
            assert answer.status == 200, path
            pages[f"{user} {path}"] = answer.text()
            try:
                check_page(screen)
            except AssertionError as error:
                wrong.append(f"{path}: {error}")
            if folder := os.environ.get("ODHA_PICTURES"):
                name = f"{user}_{path}".replace("/", "_").replace("?", "_").replace(" ", "")
                screen.screenshot(path=Path(folder) / f"{name[-60:]}_360.png", full_page=True)
                size = screen.viewport_size
                screen.set_viewport_size({"width": 1280, "height": 900})
                screen.screenshot(path=Path(folder) / f"{name[-60:]}_1280.png", full_page=True)
                screen.set_viewport_size(size)

    for user, paths in people:
        look(user, paths)
    close_call(wave)
    look(None, ["/apply/", "/waves/"])
    look(people[0][0], ["/apply/"])
    try:
        check_html(pages)
    except AssertionError as error:
        wrong.append(str(error))
    assert not wrong, "\n".join(wrong)
