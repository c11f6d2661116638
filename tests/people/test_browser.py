"""Every page of this room in a real browser, and passkeys with Chromium's virtual authenticator."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from notifications.models import CaughtMail
from people.actions import accounts, safety, sign_in
from people.models import DataComplaint, Organisation, Report, SafeguardingCase, Skill, User
from tests.browser import check_html, check_page, no_console_errors
from tests.matrix import make_client
from tests.people.factories import make_staff, make_user
from tests.signing_in import code_of, make_authenticator_app

PUBLIC = [
    "/sign-in/", "/sign-in/code/", "/sign-in/link/run-out/", "/sign-in/paused/", "/privacy/", "/privacy/complain/",
    "/terms/", "/accessibility/", "/credits-work-and-benefits/", "/conduct/", "/contact/", "/demo/",
]  # fmt: skip
OWN = [
    "/account/", "/account/profile/", "/account/equality/", "/account/blocks/", "/account/close/", "/account/second-step/",
    "/account/second-step/webauthn/", "/account/second-step-lost/",
    "/sign-in/again/", "/account/devices/", "/aboard/name/", "/aboard/conduct/",
    "/aboard/about-work/", "/worried/", "/sign-out/",
]  # fmt: skip
OF_FACTORS = [  # whoever sees these has given a factor
    "/account/second-step/", "/account/second-step/webauthn/add/", "/account/second-step/totp/deactivate/",
    "/account/second-step/recovery-codes/generate/",
]  # fmt: skip
EMPTY_FORMS = ["/account/profile/", "/account/close/", "/aboard/name/", "/aboard/conduct/", "/worried/"]
AUTHENTICATOR = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


def be(page, live, user, *, second_factor=True):
    """Signs `user` in in this browser, as /demo does; without `second_factor` as a code alone would."""
    client = make_client(user, second_factor=second_factor)
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live}])


def look_at(page, addresses):
    """Opens each address, and checks it as it stands and its HTML."""
    html = {}
    for address in addresses:
        response = page.goto(address)
        assert response.status < 500, address
        html[address] = response.text()
        check_page(page)
    check_html(html)


def test_pages_for_everybody_pass(phone, live):
    make_staff("broker", name="Bea Broker")
    sent = sign_in.send_code(email="ama@example.org", ip_key="test")
    look_at(phone, [*PUBLIC, f"/sign-in/code/{sent.pk}/"])


def test_pages_of_ones_own_account_pass(phone, live):
    ama = make_user(name="Ama Mensah")
    safety.block(by=ama, user=make_user(name="Noisy Neighbour"))
    be(phone, live, ama)
    look_at(phone, OWN)


def test_pages_of_second_factors_pass(phone, live):
    be(phone, live, make_staff("broker"))
    look_at(phone, OF_FACTORS)


def test_the_line_that_says_how_to_get_to_a_desk_leads_there(phone, live):
    broker = make_staff("broker", name="Bea Broker")
    make_authenticator_app(broker)
    be(phone, live, broker, second_factor=False)
    look_at(phone, ["/home/"])
    phone.get_by_role("link", name="Prove in a second way that it is you").click()
    phone.wait_for_url("**/second-step/reauthenticate/**")
    check_page(phone)
    phone.locator("main [name=code]").fill(code_of(make_authenticator_app(broker)))
    phone.get_by_role("button", name="Continue").click()
    phone.wait_for_url("**/home/")
    assert "desk is closed" not in phone.inner_text("main")


def test_forms_that_are_sent_back_pass(phone, live):
    be(phone, live, make_user())
    for address in EMPTY_FORMS:
        phone.goto(address)
        if address in {"/account/profile/", "/aboard/name/"}:
            phone.locator("main [name=name]").fill("")
        phone.locator("main form button").last.click()
        phone.wait_for_load_state()
        assert phone.title().startswith("Error: "), address
        check_page(phone)


def test_pages_about_others_pass(phone, live):
    other = make_user(name="Grace Adeyemi")
    trust = Organisation.objects.create(name="Harbour View Hospitals")
    accounts.edit_profile(
        by=other, pronouns="she/her", place="hospital", organisation=trust, languages="English, Yoruba",
        availability="Thursdays", about="Theatre nurse.\nI like lists.", skills=list(Skill.objects.all()[:3]),
    )  # fmt: skip
    be(phone, live, make_user())
    look_at(phone, [f"/people/{other.pk}/", f"/report/person/{other.pk}/", f"/worried/person/{other.pk}/"])


def test_staff_pages_pass(phone, live):
    staff = make_staff("administrator", "broker", "safeguarding_lead", name="Sam Staff")
    one, other = make_user(name="One Member"), make_user(name="Other Member")
    case = safety.open_case(by=one, about=other, worry="self", text="Very low.")
    safety.add_note(by=staff, case=case, text="I rang.")
    report = safety.report(by=one, about=other, text="Rude.\nTwice.")
    complaint = DataComplaint.objects.create(user=one, text="You lost my form.")
    for made in (case, report, complaint):
        made.refresh_from_db()
    given = staff.role_grants.first()
    be(phone, live, staff)
    look_at(
        phone,
        [
            "/staff/people/", "/staff/people/new/", f"/staff/people/{other.pk}/roles/", f"/staff/people/{staff.pk}/roles/",
            f"/staff/roles/{given.pk}/end/", "/staff/reports/", f"/staff/reports/{report.pk}/", "/staff/safeguarding/",
            f"/staff/safeguarding/{case.pk}/", f"/staff/safeguarding/{case.pk}/about/", "/staff/complaints/",
            f"/staff/complaints/{complaint.pk}/",
        ],
    )  # fmt: skip
    Report.objects.all().delete()
    SafeguardingCase.objects.exclude(pk=case.pk).delete()
    DataComplaint.objects.all().delete()
    look_at(phone, ["/staff/reports/", "/staff/complaints/"])


# --- Passkeys ---


@pytest.fixture
def keyed(page):
    """A page whose browser has a passkey device that always says yes."""
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    return page


def sign_in_by_code(page, user):
    """As a person does: address, then the code from the mail."""
    page.goto("/sign-in/")
    page.get_by_label("email address").fill(user.email)
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url("**/sign-in/code/**")
    code = re.search(r"\b\d{6}\b", CaughtMail.objects.latest("id").text)[0]
    page.locator("main [name=code]").fill(code)
    page.locator("main form button").first.click()


def add_passkey(page):
    """Adds a passkey with which one can sign in, after a fresh code by mail: it is the first factor."""
    page.goto("/account/second-step/webauthn/add/")
    assert "Is it still you?" in page.inner_text("main")
    check_page(page)
    page.get_by_role("button", name="Send me a code").click()
    check_page(page)
    page.locator("main [name=code]").fill(re.search(r"\b\d{6}\b", CaughtMail.objects.latest("id").text)[0])
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url("**/webauthn/add/")
    page.locator("main [name=name]").fill("My phone")
    if page.locator("main [name=passwordless]").count():
        page.locator("main [name=passwordless]").check()
    page.get_by_role("button", name="Add a passkey").click()
    page.wait_for_url("**/recovery-codes/")


def sign_out(page):
    page.goto("/sign-out/")
    page.locator("main").get_by_role("button", name="Sign out").click()
    page.wait_for_load_state()
    page.goto("/account/")
    assert "/sign-in/" in page.url


def test_a_passkey_is_added_and_signs_in_without_a_code(keyed, live):
    ama = make_user(name="Ama Mensah")
    sign_in_by_code(keyed, ama)
    keyed.wait_for_url("**/home/")
    add_passkey(keyed)
    assert keyed.locator("main code").count() == 10
    check_page(keyed)
    look_at(keyed, ["/account/second-step/", "/account/second-step/webauthn/"])
    keyed.get_by_role("link", name="Rename My phone").click()
    check_page(keyed)
    keyed.locator("main [name=name]").fill("Ward phone")
    keyed.get_by_role("button", name="Save").click()
    assert "Ward phone" in keyed.inner_text("main")
    keyed.get_by_role("link", name="Remove Ward phone").click()
    check_page(keyed)
    sign_out(keyed)
    sent = CaughtMail.objects.count()
    keyed.goto("/sign-in/")
    keyed.get_by_role("button", name="Sign in with a passkey").click()
    keyed.wait_for_url("**/home/")
    assert CaughtMail.objects.count() == sent
    keyed.goto("/account/")
    assert "Ama Mensah" in keyed.inner_text("main")
    no_console_errors(keyed)


def test_staff_are_led_to_a_passkey_and_prove_themselves_with_it(keyed, live):
    ade = make_staff("administrator", name="Ade Admin")
    sign_in_by_code(keyed, ade)
    keyed.wait_for_url("**/home/")
    keyed.goto("/staff/people/")
    assert keyed.url.endswith("/account/second-step/")
    assert "Your role needs a second way" in keyed.inner_text("body")
    add_passkey(keyed)
    keyed.goto("/staff/people/")
    assert keyed.url.endswith("/staff/people/")
    sign_out(keyed)
    sign_in_by_code(keyed, ade)
    keyed.wait_for_url("**/second-step/authenticate/**")
    check_page(keyed)
    keyed.goto("/staff/people/")  # a code alone is not enough
    assert "/staff/people/" not in keyed.url.split("?")[0]
    sign_in_by_code(keyed, ade)
    keyed.wait_for_url("**/second-step/authenticate/**")
    keyed.get_by_role("button", name="Use a passkey").click()
    keyed.wait_for_url("**/home/")
    assert keyed.goto("/staff/people/").status == 200
    assert keyed.url.endswith("/staff/people/")
    no_console_errors(keyed)


def test_a_passkey_can_be_asked_again_before_it_is_removed(keyed, live, settings):
    ama = make_user()
    sign_in_by_code(keyed, ama)
    keyed.wait_for_url("**/home/")
    add_passkey(keyed)
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 0
    keyed.goto("/account/second-step/webauthn/")
    keyed.get_by_role("link", name="Remove My phone").click()
    assert "Is it still you?" in keyed.inner_text("main")
    check_page(keyed)
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 3600
    if keyed.get_by_role("link", name="Use a passkey").count():
        keyed.get_by_role("link", name="Use a passkey").click()
        check_page(keyed)
    keyed.get_by_role("button", name="Use a passkey").click()
    keyed.get_by_role("button", name="Remove it").click()
    keyed.wait_for_url("**/second-step/webauthn/")
    assert "You have no passkey yet" in keyed.inner_text("main")
    no_console_errors(keyed)


def test_a_code_that_ran_out_leads_on(phone, live):
    sent = sign_in.send_code(email="ama@example.org", ip_key="test")
    code = re.search(r"\b\d{6}\b", CaughtMail.objects.latest("id").text)[0]
    type(sent).objects.filter(pk=sent.pk).update(expires_at=timezone.now() - timedelta(minutes=1))
    phone.goto(f"/sign-in/code/{sent.pk}/")
    phone.locator("main [name=code]").fill(code)
    phone.locator("main form button").first.click()
    phone.get_by_text("This code has run out").first.wait_for()
    check_page(phone)
    assert not User.objects.filter(email="ama@example.org").exists()
