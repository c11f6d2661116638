"""The people of the demonstration. Invented: any likeness to somebody real is chance."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Persona:
    """Somebody whom a visitor of /demo can be, and why they would want to."""

    email: str
    name: str
    what: str  # one line on /demo
    place: str
    roles: tuple[str, ...] = ()
    communities: tuple[str, ...] = ()
    brings: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    band: str = ""
    about: str = ""
    languages: str = ""
    extra: dict = field(default_factory=dict)


PERSONAS = [
    Persona(
        "grace@example.org", "Grace Adeyemi", "A healthcare assistant whose idea is in: evidence, check-in, who can help",
        "hospital", brings=("idea",), band="band_2", languages="English, Yoruba",
        about="Twelve years on the stroke ward, mostly nights.",
    ),
    Persona(
        "malcolm@example.org", "Malcolm Reid", "A carer in the middle of an application to the open call", "carer",
        brings=("idea",), about="I look after my son, and I keep bees.",
    ),
    Persona(
        "quinn@example.org", "Quinn Hartley", "A Q member: offers, exchanges, a project pot", "hospital",
        communities=("q",), brings=("help", "review"), band="band_7",
        skills=("improvement-method", "coaching", "measurement-for-improvement"),
        about="Improvement lead in a community trust. I like small tests and honest run charts.",
    ),
    Persona(
        "dev@example.org", "Devika Nair", "A software developer of the digital community who helps and earns", "industry",
        communities=("digital",), brings=("help",), skills=("software", "prototyping", "accessibility"),
        about="Front-end developer. I will get a first version in front of your users in a week.", languages="English, Malayalam",
    ),
    Persona(
        "priya@example.org", "Priya Kapoor", "A portfolio manager: triage, decisions, the cohort", "hospital",
        roles=("portfolio_manager",), brings=("run",), communities=("q",), band="band_8a",
    ),
    Persona(
        "ruth@example.org", "Ruth Ellison", "A reviewer, a patient: scores without seeing names", "patient",
        roles=("reviewer",), brings=("review",), about="Fifteen years of being a patient. I read every word.",
    ),
    Persona(
        "tomasz@example.org", "Tomasz Zielinski", "A reviewer, band 3, from theatres", "hospital",
        roles=("reviewer",), brings=("review",), band="band_3", languages="English, Polish",
    ),
    Persona(
        "bola@example.org", "Bola Okafor", "A time broker: disputes, people who need a hand", "charity",
        roles=("broker",), brings=("run",), communities=("other",),
    ),
    Persona(
        "olive@example.org", "Olive Barker", "An outreach lead: posters, placements, what they brought", "hospital",
        roles=("outreach_lead",), brings=("run",), band="band_6",
    ),
    Persona(
        "evan@example.org", "Evan Llewellyn", "An evaluator: the report and its numbers", "researcher",
        roles=("evaluator",), brings=("run",),
    ),
    Persona("sade@example.org", "Sade Mbeki", "The safeguarding lead", "social", roles=("safeguarding_lead",), brings=("run",)),
    Persona("anna@example.org", "Anna Lindqvist", "An administrator: roles, policy, the outbox", "other", roles=("administrator",), brings=("run",)),
]  # fmt: skip

FIRST = """Aisha Alan Amara Andrew Ania Bethan Bilal Bronwen Callum Carol Chidi Chloe Ciara Colin Daisy Daniel Deborah Dina
Dylan Ebony Edith Elena Emeka Esther Farah Fatima Fergus Fiona Gareth Gemma Gita Hamza Hannah Harriet Helen Hugo Ibrahim
Imogen Ines Iqbal Isla Ivan Jamal Jan Jess Joan Jorge Julia Kamal Karen Kate Keith Kofi Laila Leon Lorna Lucia Lynn Magda
Marcus Maria Mehmet Mina Moira Nadia Natalie Neil Ngozi Nia Nisha Norman Omar Owen Pam Patrick Paul Pearl Petra Rafiq
Rashida Rhys Rita Robin Rosa Ruby Sally Samir Sandra Sanjay Sarah Sean Shanice Simon Sofia Stella Sunita Tariq Tess
Theo Uma Vera Victor Wanda Wei Wendy Yasmin Yusuf Zara Zoe""".split()

LAST = """Abbott Ahmed Akande Ali Allen Anderson Asante Bailey Baptiste Begum Bennett Bhatt Blake Brennan Campbell Carter
Chan Chowdhury Clarke Coleman Costa Cruz Das Davies Doyle Dunn Edwards Evans Farrell Fletcher Foster Fraser Gill Gordon
Graham Green Gupta Hall Harris Hassan Hill Hughes Hussain Iqbal Jackson James Jenkins Jones Joshi Kaur Kelly Khan King
Kowalska Lewis Lowe MacKay Malik Marsh Martin Mensah Miah Mills Mitchell Morgan Murphy Nash Ng Nowak Obi Oliver Osei
Parker Patel Perry Phillips Popescu Price Quigley Rahman Reilly Roberts Rowe Sandhu Santos Scott Shah Sharma Silva Singh
Stewart Sutton Taylor Thomas Tran Turner Ward Watson White Williams Wilson Wood Wright Yeboah Young""".split()

ORGANISATIONS = [
    ("Ashdown Hospitals", "DXA", "south-east", True),
    ("Fenland Community Health", "DXB", "east", True),
    ("Calder Valley Hospitals", "DXC", "north-east-yorkshire", True),
    ("Mersey Bank Mental Health", "DXD", "north-west", True),
    ("Severn Edge Hospitals", "DXE", "south-west", True),
    ("Thames Reach Partnership", "DXF", "london", True),
    ("Trent Meadows Hospitals", "DXG", "midlands", True),
    ("Harbour Street Surgery", "DXH", "south-west", False),
    ("Open Door Carers", None, "midlands", False),
    ("Northlight Digital", None, "north-east-yorkshire", False),
]

OFFERS = [
    ("An hour on your driver diagram", "Bring your aim, however rough. We draw what drives it and pick one thing to test.", "improvement-method"),
    ("Coaching for people who have never led a project", "Four half-hours over two months, on the phone if you like.", "coaching"),
    ("Draw a run chart that tells the truth", "Send me ten numbers. You get a chart, and the sense of it in plain words.", "measurement-for-improvement"),
    ("A clickable first version in a week", "You sketch it on paper, I make screens that you can put in front of users.", "prototyping"),
    ("Small web tools", "Forms, timers, lists: things that work on an old phone.", "software"),
    ("Will it pass an accessibility check?", "I test your pages with a screen reader and tell you the three things to mend first.", "accessibility"),
    ("Talk to five users", "I help you find them, ask without leading, and write down what you heard.", "user-research"),
    ("What would it cost, and who would pay?", "An hour with a health economist who draws on napkins.", "health-economics"),
    ("Is it a medical device?", "We go through the intended purpose together. You leave with a yes, a no, or the next question.", "medical-devices"),
    ("Start your hazard log", "Two hours: what could go wrong, how badly, and what you will do about it.", "hazard-analysis"),
    ("DPIA without tears", "I sit with you while you fill in the first half.", "information-governance"),
    ("Read it aloud to me", "I am a patient. I tell you where I got lost.", "lived-experience"),
    ("Urdu and Punjabi, both ways", "Leaflets, interviews, voice messages.", "translation-and-languages"),
    ("A three-minute film on your phone", "Plan, shoot and cut in an afternoon.", "film-and-pictures"),
    ("Choose the measure that matters", "For evaluation plans that somebody will really carry out.", "statistics"),
    ("How we bought it: procurement for beginners", "What to say to your procurement team, and what not to.", "procurement"),
    ("Facilitate your first co-design session", "I bring the pens and the calm.", "facilitation"),
    ("Write the summary that people read to the end", "From a page to a paragraph.", "writing"),
]  # fmt: skip

REQUESTS = [
    ("Somebody to check our consent form", "We photograph skin and want to do it right.", "information-governance"),
    ("Help to lay a bus timetable over a rota", "We have both as spreadsheets.", "data-analysis"),
    ("Two people to try our voice diary in Urdu", "Half an hour each, with a cup of tea.", "lived-experience"),
    (
        "What should we count?",
        "We want to know if residents stay out of hospital, and nobody here does statistics.",
        "statistics",
    ),
    ("A logo that a child understands", "For the theatre doors film.", "visual-design"),
]
