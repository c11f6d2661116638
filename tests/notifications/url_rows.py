from tests.matrix import PARTY, PUBLIC, ROLE, SIGNED_IN, Row

ROWS = [
    Row("notifications:inbox", SIGNED_IN),
    Row("notifications:read_all", SIGNED_IN, GET=405, POST=302),
    Row("notifications:preferences", SIGNED_IN, POST=422),
    Row("notifications:message", PARTY(parties=("party",)), world="inbox_item_id"),
    Row("notifications:stop", PUBLIC, POST=200, world="stop_token"),
    Row("notifications:outbox", ROLE("administrator")),
    Row("notifications:retry", ROLE("administrator"), GET=405, POST=302, world="outbox_message_id"),
    Row("mail:list", PUBLIC),
    Row("mail:message", PUBLIC, world="caught_mail_id"),
    Row("mail:html", PUBLIC, world="caught_mail_id"),
]
