from tests.matrix import PEOPLE, PUBLIC, ROLE, Row

LEADS = ROLE("outreach_lead", "administrator")
CAMPAIGN = {"campaign_id": "outreach_campaign_id"}
PLACEMENT = {"placement_id": "outreach_placement_id"}
GO_ON = {
    who: {"POST": 302} for who in PEOPLE if who not in ("anonymous", "suspended")
}  # signed in: the button claims the start

ROWS = [
    Row("outreach:typed", PUBLIC),
    Row("outreach:take_back", PUBLIC, GET=405, POST=404),
    Row("outreach:door", PUBLIC, POST=422, world="outreach_code"),
    Row("outreach:start", PUBLIC, POST=422),
    Row("outreach:email", PUBLIC, POST=422, world="outreach_start_token", but=GO_ON),
    Row("outreach:campaigns", LEADS),
    Row("outreach:new_campaign", LEADS, POST=422),
    Row("outreach:campaign", LEADS, world=CAMPAIGN),
    Row("outreach:new_placement", LEADS, POST=422, world=CAMPAIGN),
    Row("outreach:placement", LEADS, world=PLACEMENT),
    Row("outreach:retire", LEADS, GET=405, POST=302, world=PLACEMENT),
    Row("outreach:poster", LEADS, world=PLACEMENT),
    Row("outreach:qr", LEADS, world={**PLACEMENT, "ending": "outreach_qr_ending"}),
]
