"""The pages of waves, their steps, versions, first look and access fund in a real browser: axe, valid HTML, reflow."""

from accelerator.actions import access_fund, questions, roadmap, roadmap_templates, rubrics, triage
from accelerator.models import Wave
from tests.accelerator.factories import a_claim, a_draft, a_manager, a_person, a_wave, an_application
from tests.accelerator.looking import check_pages


def pages():
    """Who opens what."""
    manager, ada = a_manager("Priya Nair"), a_person("Ada Idea")
    wave = a_wave(name="Coast and Country", regions=["Cornwall", "Devon"], themes=["Care closer to home"])
    Wave.objects.filter(pk=wave.pk).update(access_fund_pence=5000)
    sent = [an_application(ada, wave), an_application(wave=wave), an_application(wave=wave)]
    triage.say(by=manager, as_manager=True, application=sent[0], answer="no", reason="The estates team can do this.")
    rubric = rubrics.new_version(by=manager, rubric=wave.rubric)
    core = roadmap.publish_template("core")
    template = roadmap_templates.new_version(by=manager, template=core)
    questions_ = questions.new_version(by=manager, question_set=wave.question_set)
    planned, draft = a_wave(name="Next", call="ahead"), a_draft(wave=wave)
    asked, dear = (
        a_claim(ada, wave, spent=False, kind="care", what="A sitter for my dad"),
        a_claim(ada, wave, pence=9000),
    )
    access_fund.agree(by=manager, made=asked)
    staff, desk = f"/staff/waves/{wave.slug}/", f"/staff/waves/{wave.slug}/access-fund/"
    score = wave.review_phases.get(kind="score")
    return {
        manager: [
            "/staff/waves/", staff, f"{staff}phases/", f"{staff}phases/add/", f"{staff}phases/{score.pk}/",
            f"/selection/{wave.slug}/first-look/", f"/selection/{wave.slug}/first-look/{sent[1].pk}/",
            f"/staff/rubrics/{rubric.pk}/", f"/staff/rubrics/{rubric.pk}/preview/", f"/staff/rubrics/{rubric.pk}/idea/",
            f"/staff/roadmaps/{template.pk}/", f"/staff/roadmaps/{template.pk}/{template.rows.first().pk}/",
            desk, f"{desk}size/", f"{desk}{dear.pk}/", f"/staff/waves/{planned.slug}/", "/staff/roadmaps/new/",
            "/staff/questions/new/", f"/staff/questions/{questions_.pk}/", f"/staff/questions/{questions_.pk}/preview/",
            f"/selection/{wave.slug}/drafts/", f"/selection/{wave.slug}/more-time/?application={draft.pk}",
            f"/selection/{wave.slug}/for-me/",
        ],
        ada: ["/waves/", f"/waves/{wave.slug}/", "/costs/", f"/costs/claim/{wave.slug}/", f"/costs/{asked.pk}/",
              f"/costs/{asked.pk}/spent/"],
    }  # fmt: skip


def test_every_page_of_waves_is_accessible_valid_and_fits_a_phone(live, browse):
    check_pages(browse, live, pages().items())
