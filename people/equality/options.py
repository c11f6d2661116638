"""What may be answered to each equality question, and how small groups are put together.

Ethnic groups are those of the GSS harmonised standard of 2021 (Census 2021, England and Wales), mapped to the
"16+1" categories of the NHS Data Dictionary, which the workforce comparators use. "Prefer not to say" is an answer
like any other; no answer at all is the empty string.
"""

from django.utils.translation import gettext_lazy as _

CONSENT_VERSION = "2022-08"
NOT_SAID = ("not-said", _("Prefer not to say"))

PAY_BANDS = [
    ("1", _("Band 1")),
    ("2", _("Band 2")),
    ("3", _("Band 3")),
    ("4", _("Band 4")),
    ("5", _("Band 5")),
    ("6", _("Band 6")),
    ("7", _("Band 7")),
    ("8a", _("Band 8a")),
    ("8b", _("Band 8b")),
    ("8c", _("Band 8c")),
    ("8d", _("Band 8d")),
    ("9", _("Band 9")),
    ("vsm", _("Very senior manager")),
    ("medical", _("Medical or dental pay scales")),
    ("none", _("I am not employed by the health service")),
    NOT_SAID,
]

# the question asked with one tap right after joining: a cluster at once, kept in the same column
PAY_CLUSTERS = [
    ("1-4", _("Bands 1 to 4")),
    ("5-7", _("Bands 5 to 7")),
    ("8a-8b", _("Bands 8a to 8b")),
    ("8c-9", _("Bands 8c to 9, or very senior manager")),
    ("medical", _("Medical or dental")),
    ("none", _("Not employed by the health service")),
    NOT_SAID,
]

CLUSTER_OF_BAND = {
    **dict.fromkeys(["1", "2", "3", "4", "1-4"], "1-4"),
    **dict.fromkeys(["5", "6", "7", "5-7"], "5-7"),
    **dict.fromkeys(["8a", "8b", "8a-8b"], "8a-8b"),
    **dict.fromkeys(["8c", "8d", "9", "vsm", "8c-9"], "8c-9"),
    "medical": "medical",
    "none": "none",
    "not-said": "not-said",
    "": "not-said",
}

STAFF_GROUPS = [
    ("support", _("Healthcare assistants and support to clinical staff")),
    ("nursing", _("Nursing and midwifery")),
    ("ahp", _("Allied health professionals")),
    ("science", _("Healthcare scientists and technical staff")),
    ("medical", _("Medical and dental")),
    ("ambulance", _("Ambulance staff")),
    ("estates", _("Estates and ancillary")),
    ("admin", _("Administrative and clerical")),
    ("management", _("Managers")),
    ("social-care", _("Social care staff")),
    ("student", _("Students and trainees")),
    ("not-staff", _("I am not a member of staff")),
    NOT_SAID,
]

# GSS 2021 code, its words, and the letter of the 16+1 categories
ETHNIC_GROUPS_WITH_16_PLUS_1 = [
    ("white-british", _("White: English, Welsh, Scottish, Northern Irish or British"), "A"),
    ("white-irish", _("White: Irish"), "B"),
    ("white-gypsy", _("White: Gypsy or Irish Traveller"), "C"),
    ("white-roma", _("White: Roma"), "C"),
    ("white-other", _("Any other White background"), "C"),
    ("mixed-black-caribbean", _("Mixed: White and Black Caribbean"), "D"),
    ("mixed-black-african", _("Mixed: White and Black African"), "E"),
    ("mixed-asian", _("Mixed: White and Asian"), "F"),
    ("mixed-other", _("Any other Mixed or multiple background"), "G"),
    ("asian-indian", _("Asian or Asian British: Indian"), "H"),
    ("asian-pakistani", _("Asian or Asian British: Pakistani"), "J"),
    ("asian-bangladeshi", _("Asian or Asian British: Bangladeshi"), "K"),
    ("asian-chinese", _("Asian or Asian British: Chinese"), "R"),
    ("asian-other", _("Any other Asian background"), "L"),
    ("black-caribbean", _("Black, Black British or Caribbean: Caribbean"), "M"),
    ("black-african", _("Black, Black British or African: African"), "N"),
    ("black-other", _("Any other Black, Black British or Caribbean background"), "P"),
    ("arab", _("Arab"), "S"),
    ("other", _("Any other ethnic group"), "S"),
    (*NOT_SAID, "Z"),
]
ETHNIC_GROUPS = [(code, words) for code, words, _letter in ETHNIC_GROUPS_WITH_16_PLUS_1]
SIXTEEN_PLUS_ONE = {code: letter for code, _words, letter in ETHNIC_GROUPS_WITH_16_PLUS_1} | {"": "Z"}

DISABILITY = [
    ("yes-a-lot", _("Yes, and it limits me a lot")),
    ("yes-a-little", _("Yes, and it limits me a little")),
    ("yes-not", _("Yes, but it does not limit me")),
    ("no", _("No")),
    NOT_SAID,
]
CARER = [
    ("no", _("No")),
    ("child", _("Yes, for a child or children")),
    ("adult", _("Yes, for an adult who is ill, disabled or older")),
    ("both", _("Yes, for both")),
    NOT_SAID,
]
SOCIAL_BACKGROUND = [  # what the main earner at home did when you were 14: the question of the Social Mobility Commission
    ("professional", _("Professional or senior management work")),
    ("intermediate", _("Clerical or intermediate work")),
    ("technical", _("Technical or craft work")),
    ("routine", _("Routine, manual or service work")),
    ("unemployed", _("Out of work for more than six months, or retired")),
    ("business", _("A small business, up to 25 people")),
    ("other", _("Something else, or I do not know")),
    NOT_SAID,
]
SEX = [("female", _("Female")), ("male", _("Male")), NOT_SAID]
GENDER_IDENTITY = [
    ("same", _("The same as my sex registered at birth")),
    ("different", _("Different from my sex registered at birth")),
    NOT_SAID,
]
SEXUAL_ORIENTATION = [
    ("straight", _("Straight or heterosexual")),
    ("gay", _("Gay or lesbian")),
    ("bisexual", _("Bisexual")),
    ("other", _("Another sexual orientation")),
    NOT_SAID,
]
RELIGION = [
    ("none", _("No religion")),
    ("christian", _("Christian")),
    ("buddhist", _("Buddhist")),
    ("hindu", _("Hindu")),
    ("jewish", _("Jewish")),
    ("muslim", _("Muslim")),
    ("sikh", _("Sikh")),
    ("other", _("Any other religion")),
    NOT_SAID,
]
AGE_BANDS = [
    ("18-24", _("18 to 24")),
    ("25-34", _("25 to 34")),
    ("35-44", _("35 to 44")),
    ("45-54", _("45 to 54")),
    ("55-64", _("55 to 64")),
    ("65+", _("65 or over")),
    NOT_SAID,
]

# one entry a question: column, the words of the question, its answers
QUESTIONS = [
    ("pay_band", _("What is your pay band?"), PAY_BANDS),
    ("staff_group", _("Which group of staff are you in?"), STAFF_GROUPS),
    ("ethnic_group", _("What is your ethnic group?"), ETHNIC_GROUPS),
    (
        "disability",
        _(
            "Do you have a physical or mental health condition or illness that has lasted or will last 12 months or more?"
        ),
        DISABILITY,
    ),
    ("carer", _("Do you look after anybody?"), CARER),
    (
        "social_background",
        _("When you were about 14, what did the main earner in your home do?"),
        SOCIAL_BACKGROUND,
    ),
    ("sex", _("What is your sex?"), SEX),
    ("gender_identity", _("Is your gender the same as the sex you were registered with at birth?"), GENDER_IDENTITY),
    ("sexual_orientation", _("Which of these best describes your sexual orientation?"), SEXUAL_ORIENTATION),
    ("religion", _("What is your religion?"), RELIGION),
    ("age_band", _("How old are you?"), AGE_BANDS),
]
