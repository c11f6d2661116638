"""The form of the gallery: every kind of field that there is. It keeps nothing."""

from tests.journeys.sent import KEY, Paper, Sent, in_days, on

FORMS = [
    Sent("ui:gallery_form", "anonymous",
         {"key": KEY, "name": "Ada", "email": "ada@example.org", "idea": "Bigger clocks", "notes": "None", "work": "ward",
          "ward": "Ward 6", "help": ["design"], "region": "n", "owner": "a", **on("due", in_days(3)), "people": "3",
          "time": "1 h 30", "photo": Paper("ward.png", b"\x89PNG"), "agree": "on"},
         needs=("name", "email", "idea", "work", "ward", "help", "region", "due", "people", "time", "photo", "agree"),
         bad={"no address": {"email": "ada at example"}, "a story": {"idea": "word " * 51}, "all and none": {"help": ["design", "none"]},
              "no number": {"people": "0"}, "ten minutes": {"time": "10 min"}, "a letter": {"photo": Paper("ward.pdf", b"%PDF")}},
         idle="It keeps nothing."),
]  # fmt: skip
