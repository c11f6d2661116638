from people.roles import STAFF
from tests.matrix import MEMBER, PARTY, PEOPLE, PUBLIC, ROLE, SIGNED_IN, Row

# pages that lead somebody who is signed in onwards
SIGNED_IN_ARE_LED_ON = dict.fromkeys(PEOPLE[1:], 302)
# what a lead or a broker handles, an administrator never finds
NO_BROKER_IS_MISSING = A_LEAD_IS_THERE = {"administrator": {"GET": 404, "POST": 404}}
READ_BY_OTHERS = {"administrator": {"GET": 404}}
PERSON = {"kind": "person_kind", "object_id": "other_party_id"}
PAUSERS = ROLE("broker", "safeguarding_lead", "administrator")
PAUSED_TOO = {"suspended": {"GET": 200, "POST": 405}}  # a GET of one of the few pages that they reach
ASKS_PAUSED_TOO = {"suspended": {"GET": 200, "POST": 422}}

# staff have an authenticator app here, which they may be asked for, and may remove


def with_app(GET: int, POST: int) -> dict[str, dict[str, int]]:
    """Exceptions for those who have an authenticator app."""
    return {role: {"GET": GET, "POST": POST} for role in STAFF}


ROWS = [
    Row("people:sign_in", PUBLIC, POST=422, but=SIGNED_IN_ARE_LED_ON),
    Row("account_login", PUBLIC, POST=422, but=SIGNED_IN_ARE_LED_ON),
    Row("people:to_organisation", PUBLIC, GET=405, POST=404),  # 404: the tests' environment names no server
    Row("openid_connect_callback", PUBLIC, GET=404, POST=404),
    Row("socialaccount_login_cancelled", PUBLIC),
    Row("people:sign_in_code_anywhere", PUBLIC, POST=422),
    Row("people:sign_in_code", PUBLIC, POST=422),
    Row("people:sign_in_resend", PUBLIC, GET=405, POST=302, wrong=302),
    Row("people:sign_in_link", PUBLIC, POST=302, wrong=410),
    Row("people:aboard", SIGNED_IN, GET=302),
    Row("people:aboard_name", SIGNED_IN, POST=422),
    Row("people:aboard_conduct", SIGNED_IN, POST=422),
    Row("people:aboard_about_work", SIGNED_IN, POST=302),
    Row("people:account", SIGNED_IN),
    Row("people:second_step", SIGNED_IN, GET=302),
    Row("people:stop_reset", SIGNED_IN, POST=302),
    Row("people:edit_profile", SIGNED_IN, POST=422),
    Row("people:equality", SIGNED_IN, POST=302),
    Row("people:equality_delete", SIGNED_IN, GET=405, POST=302),
    Row("people:blocks", SIGNED_IN),
    Row("people:unblock", PARTY(parties=("party",)), GET=405, POST=302),
    Row("people:download", SIGNED_IN, but=PAUSED_TOO),
    Row("people:close", SIGNED_IN, POST=422, but=ASKS_PAUSED_TOO),
    Row("people:person", MEMBER, world="other_party_id"),
    Row("people:block", SIGNED_IN, GET=405, POST=302, world="other_party_id", but={"other_party": {"POST": 422}}),
    Row("people:report_about", SIGNED_IN, POST=422, world=PERSON, but={"other_party": 404}),
    Row("people:worried_about", SIGNED_IN, POST=422, world=PERSON),
    Row("people:worried", PUBLIC, POST=422),
    Row("people:people", ROLE("administrator")),
    Row("people:bring_aboard", ROLE("broker", "administrator"), POST=422),
    Row("people:roles", ROLE("administrator"), POST=422, world="other_party_id"),
    Row("people:sign_somebody_out", ROLE("administrator"), POST=422, world="other_party_id"),
    Row("people:ask_reset", ROLE("administrator"), POST=422, world="app_owner_id"),
    Row("people:close_somebody", ROLE("administrator"), POST=422, world="app_owner_id"),
    Row("people:resets", ROLE("administrator", "safeguarding_lead")),
    Row("people:reset", ROLE("administrator", "safeguarding_lead"), POST=302),
    Row("people:end_role", ROLE("administrator"), POST=422),
    Row("people:reports", ROLE("broker", "administrator")),
    Row("people:report", ROLE("broker", "administrator"), POST=422, but=NO_BROKER_IS_MISSING),
    Row("people:report_where", ROLE("broker", "administrator"), but=READ_BY_OTHERS),
    Row("people:cases", ROLE("safeguarding_lead", "administrator")),
    Row("people:case", ROLE("safeguarding_lead", "administrator"), POST=422, but=A_LEAD_IS_THERE),
    Row(
        "people:take_case",
        ROLE("safeguarding_lead", "administrator"),
        GET=405,
        POST=302,
        but={"administrator": {"POST": 404}},
    ),
    Row("people:hand_on_case", ROLE("safeguarding_lead", "administrator"), POST=422, but=A_LEAD_IS_THERE),
    Row("people:name_person", ROLE("safeguarding_lead", "administrator"), POST=422, but=A_LEAD_IS_THERE),
    Row("people:case_where", ROLE("safeguarding_lead", "administrator"), but=READ_BY_OTHERS),
    Row("people:complaints", ROLE("administrator")),
    Row("people:complaint", ROLE("administrator"), POST=422),
    Row("people:paused", SIGNED_IN, GET=302, but=PAUSED_TOO),
    Row("people:appeal", SIGNED_IN, GET=302, POST=302, but=ASKS_PAUSED_TOO),
    Row("people:pause", PAUSERS, POST=422, world="paused_later_id"),
    Row("people:pauses", PAUSERS),
    Row("people:suspension", PAUSERS),
    Row("people:renew", PAUSERS, POST=422),
    Row("people:lift", PAUSERS, POST=422),
    Row("people:decide_appeal", PAUSERS, POST=422),
    Row("people:moderation", PAUSERS),
    Row("people:moderation_csv", PAUSERS),
    Row("people:privacy", PUBLIC),
    Row("people:complain", PUBLIC, POST=422),
    Row("people:terms", PUBLIC),
    Row("people:accessibility", PUBLIC),
    Row("people:credits_work_and_benefits", PUBLIC),
    Row("people:conduct", PUBLIC),
    Row("people:contact", PUBLIC),
    Row("account_logout", PUBLIC, POST=302, but={"anonymous": 302, "suspended": {"GET": 200, "POST": 302}}),
    Row("account_inactive", PUBLIC),
    Row("account_reauthenticate", SIGNED_IN, POST=422, but=with_app(302, 302)),
    Row("mfa_index", SIGNED_IN),
    Row("mfa_authenticate", PUBLIC, GET=302, POST=302),  # only in the middle of signing in
    # who has no factor is led to a code by mail
    Row("mfa_reauthenticate", SIGNED_IN, GET=302, POST=302, but=with_app(200, 422)),
    Row("mfa_activate_totp", SIGNED_IN, GET=302, POST=302, but=with_app(302, 302)),
    Row("mfa_deactivate_totp", SIGNED_IN, GET=404, POST=404, but=with_app(200, 302)),
    Row("mfa_view_recovery_codes", SIGNED_IN, GET=404),
    Row("mfa_generate_recovery_codes", SIGNED_IN, GET=302, POST=302, but=with_app(200, 302)),
    Row("mfa_download_recovery_codes", SIGNED_IN, GET=404, POST=404),
    Row("mfa_list_webauthn", SIGNED_IN),
    Row("mfa_add_webauthn", SIGNED_IN, GET=302, POST=302, but=with_app(200, 422)),
    Row("mfa_reauthenticate_webauthn", SIGNED_IN, GET=302, POST=302, but=with_app(302, 302)),
    Row("mfa_remove_webauthn", SIGNED_IN, GET=302, POST=302, world="passkey_id", wrong=302, but=with_app(404, 404)),
    Row("mfa_edit_webauthn", SIGNED_IN, GET=302, POST=302, world="passkey_id", wrong=302, but=with_app(404, 404)),
    Row("mfa_login_webauthn", PUBLIC, GET=302, POST=302),
    Row("usersessions_list", SIGNED_IN, POST=302),
    Row("demo:people", PUBLIC),
    Row("demo:become", PUBLIC, GET=405, POST=302, world="member_id"),
]
