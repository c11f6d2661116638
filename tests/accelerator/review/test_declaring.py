"""To declare that one cannot judge somebody tells nothing: what is before one's eyes is the same whoever was named."""

import re

import pytest
from django.utils import timezone

from accelerator.actions import allocation, judging, review, triage
from accelerator.models import DeclaredConflict, FirstSight, KeptAway, TriageAnswer
from accelerator.queries.kept import kept_from, said_since
from audit.models import Event
from notifications.models import InboxItem
from people.models import Organisation
from tests.accelerator.apply.test_pages import page_of
from tests.accelerator.factories import a_manager, a_person, a_reviewer, a_seat, a_wave, an_application
from tests.matrix import make_client
from ui.errors import DomainError, NotAllowed

pytestmark = pytest.mark.django_db
VARIES = re.compile(
    r'name="(csrfmiddlewaretoken|key)" value="[^"]*"|value="[^"]*" name="(csrfmiddlewaretoken|key)"|nonce="[^"]*"'
)


def a_blind_look():
    """A wave whose first look shows no names, with three ideas: of somebody from a hospital, of somebody alone, of two."""
    wave, place = a_wave(), Organisation.objects.create(name="Harbour View")
    wave.review_phases.filter(kind="triage").update(readers="panel", names="never")
    employed = a_person("Emma Employed", email="emma@example.org")
    employed.profile.organisation = place
    employed.profile.save()
    ideas = [an_application(employed, wave), an_application(a_person("Al One", email="al@example.org"), wave)]
    both = an_application(a_person("Lee Der", email="lee@example.org"), wave)
    both.co_applicants.create(
        user=a_person("Co Author", email="co@example.org"), may="edit", accepted_at=timezone.now()
    )
    return wave, [*ideas, both], place


def seen_by(client, paths):
    """What each page holds, without what is new at every request."""
    found = {}
    for path in paths:
        answer = client.get(path)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        found[path] = answer.status_code, VARIES.sub("", body.decode("utf-8", "replace"))
    return found


def differing(seen, before):
    """Each page that is not as it was, with the lines that differ."""
    return {
        path: [
            pair
            for pair in zip(seen[path][1].splitlines(), before[path][1].splitlines(), strict=False)
            if pair[0] != pair[1]
        ][:3]
        for path in before
        if seen[path] != before[path]
    }


def everything_named(place):
    return [
        *({"email": f"{name}@example.org"} for name in ("emma", "al", "lee", "co", "nobody", "EMMA")),
        {"organisation": str(place.pk)},
        {"organisation": str(Organisation.objects.create(name="Empty Hospital").pk)},
    ]


def pages_of(who, wave, ideas):
    slug = wave.slug
    if who == "reviewer":
        looks = f"/reviews/first-look/{slug}/"
        return ["/", "/reviews/", looks, *(f"{looks}{one.pk}/" for one in ideas)]
    looks = f"/selection/{slug}/first-look/"
    return ["/", "/selection/", looks, *(f"{looks}{one.pk}/" for one in ideas), f"/selection/{slug}/",
            f"/selection/{slug}/export.csv", f"/selection/{slug}/letters/", f"/selection/{slug}/panel/",
            f"/selection/{slug}/give-out/", f"/selection/{slug}/kept/", "/staff/patients/"]  # fmt: skip


@pytest.mark.parametrize("who", ["reviewer", "manager"])
def test_whoever_is_named_after_looking_nothing_changes_before_ones_eyes(who):
    wave, ideas, place = a_blind_look()
    a_manager("Free Colleague")
    user = a_reviewer("Nosy Reader") if who == "reviewer" else a_manager("Nosy Manager")
    if who == "reviewer":
        a_seat(user, wave)
    client, paths = make_client(user), pages_of(who, wave, ideas)
    seen_by(client, paths)  # the first sight
    before, answers = seen_by(client, paths), set()
    for named in everything_named(place):
        posted = client.post("/reviews/declared/", named, follow=True)
        listed = posted.content.decode().partition("You have named")[0]
        answers.add((posted.status_code, tuple(posted.redirect_chain), VARIES.sub("", listed)))
        assert not differing(seen_by(client, paths), before), named
    assert len(answers) == 1, "the answer is the same, known or not"
    assert DeclaredConflict.objects.filter(reviewer=user).count() == 7, "once each"
    for one in DeclaredConflict.objects.filter(reviewer=user):
        client.post(f"/reviews/declared/{one.pk}/take-back/", follow=True)
        assert not differing(seen_by(client, paths), before), "taken back"


@pytest.mark.parametrize("who", ["reviewer", "manager"])
def test_what_is_declared_before_looking_never_appears_and_taking_it_back_afterwards_shows_nothing(who):
    wave, (emmas, als, _both), _place = a_blind_look()
    user = a_reviewer("Early Reader") if who == "reviewer" else a_manager("Early Manager")
    if who == "reviewer":
        a_seat(user, wave)
    declared = review.declare_conflict(by=user, email="emma@example.org")
    client = make_client(user)
    looks = f"/reviews/first-look/{wave.slug}/" if who == "reviewer" else f"/selection/{wave.slug}/first-look/"
    page = page_of(client.get(looks))
    assert emmas.reference not in page and als.reference in page
    before = seen_by(client, [looks])
    for _ in range(2):
        allocation.take_back_declared(by=user, declared_id=declared.pk)
    assert not differing(seen_by(client, [looks]), before)
    assert FirstSight.objects.get(wave=wave, user=user)


def test_a_wave_without_anything_sent_in_has_not_been_seen():
    manager, wave = a_manager(), a_wave()
    make_client(manager).get(f"/selection/{wave.slug}/")
    assert not FirstSight.objects.exists()
    friend = an_application(wave=wave)
    review.declare_conflict(by=manager, person=friend.lead)
    make_client(manager).get(f"/selection/{wave.slug}/")
    assert kept_from(manager, wave) == {friend.pk}


def test_another_manager_hears_of_it_and_keeps_it_from_whoever_said_it():
    wave, (emmas, _als, _both), _place = a_blind_look()
    reader, colleague = a_reviewer("Late Reader"), a_manager("Free Colleague")
    a_seat(reader, wave)
    look, address = make_client(reader), f"/reviews/first-look/{wave.slug}/"
    look.get(address)
    triage.say(by=reader, application=emmas, answer="no", reason="I know better.")
    look.post("/reviews/declared/", {"email": "nobody@example.org"})
    assert not InboxItem.objects.filter(kind="declared_late").exists()
    look.post("/reviews/declared/", {"email": "emma@example.org"})
    assert [item.user for item in InboxItem.objects.filter(kind="declared_late")] == [colleague]
    triage.say(by=reader, application=emmas, answer="yes")  # still theirs to say: to be refused would tell
    client, page = make_client(colleague), f"/selection/{wave.slug}/kept/"
    assert "Late Reader" in page_of(client.get(page)) and emmas.reference in page_of(client.get(page))
    assert "Somebody has said too late" in page_of(client.get(f"/selection/{wave.slug}/"))
    assert client.post(page, {"application": str(emmas.pk), "user": str(colleague.pk)}).status_code == 422
    assert client.post(page, {"application": str(emmas.pk), "user": str(reader.pk)}).status_code == 302
    assert KeptAway.objects.get().by == colleague and not TriageAnswer.objects.exists()
    assert emmas.reference not in page_of(look.get(address))
    assert said_since(wave, colleague) == []
    judging.keep_away(by=colleague, application=emmas, user=reader)  # a second click
    assert Event.objects.filter(verb="accelerator.application.kept_away").count() == 1


def test_nobody_confirms_their_own_word_or_keeps_away_whom_nothing_stands_against():
    wave, (emmas, *_rest), _place = a_blind_look()
    manager = a_manager("Lone Manager")
    a_person("Ida Administrator", role="administrator")
    make_client(manager).get(f"/selection/{wave.slug}/")
    review.declare_conflict(by=manager, email="emma@example.org")
    assert [item.user.name for item in InboxItem.objects.filter(kind="declared_late")] == ["Ida Administrator"]
    assert said_since(wave, manager) == [] and [one.application for one in said_since(wave)] == [emmas]
    with pytest.raises(NotAllowed):
        judging.keep_away(by=manager, application=emmas, user=manager)
    with pytest.raises(DomainError, match="Nothing stands"):
        judging.keep_away(by=a_manager(), application=emmas, user=a_reviewer())


def test_what_a_manager_declared_late_they_decide_nothing_of_where_the_name_is_shown_anyway():
    _wave, (emmas, *_rest), _place = a_blind_look()
    manager = a_manager("Late Manager")
    client = make_client(manager)
    assert "Emma Employed" in page_of(client.get(f"/selection/application/{emmas.pk}/"))
    review.declare_conflict(by=manager, email="emma@example.org")
    assert client.get(f"/selection/application/{emmas.pk}/").status_code == 403
    with pytest.raises(NotAllowed):
        triage.say(by=manager, as_manager=True, application=emmas, answer="yes")
