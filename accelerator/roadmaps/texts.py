"""The words of the two roadmaps that ship, in plain English for somebody who has never run a project: why each
milestone matters, three small steps, and what to show, one line for each item of evidence in the CSV beside this file.
`kind` is the kind of help it mostly needs, `hours` what that help usually takes."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    why: str
    steps: tuple[str, str, str]
    show: tuple[str, ...]
    kind: str
    hours: int


AGREE = Words(
    why=(
        "Everything later is easier when we both know what was promised. You say what you need and how we may tell "
        "your story; we say what you can count on. How things stand today is written down, so that in the summer you "
        "can see how far you have come."
    ),
    steps=(
        "Read the agreement with somebody you trust, and ask us about any line that is not clear.",
        "Answer the seven short questions about what you need. There are no wrong answers.",
        "Open your time account and look at the hours that are already in it for you.",
    ),
    show=(
        "The agreement, with your name on it",
        "Who owns the idea: you, you and a colleague, or your employer",
        "Your seven answers about what you need",
        "What we may and may not share about you",
        "Your time account, opened",
    ),
    kind="improvement",
    hours=2,
)
PROBLEM = Words(
    why=(
        "People fall in love with their answer and lose sight of the problem. Ten minutes with somebody who lives with "
        "it will teach you more than a month at a desk, and will show who is left out today."
    ),
    steps=(
        "Tell the problem in three sentences: who has it, when it happens, what it costs them.",
        "Ask three people who live or work with it to tell you about the last time it happened.",
        "Draw what happens today as a row of boxes, and mark where it goes wrong.",
    ),
    show=(
        "The problem, in a few sentences",
        "Who you asked among the people affected, and what they said (no names)",
        "A drawing or photo of what happens today, step by step",
        "Which unfair difference this could narrow, and how we would see it narrow",
    ),
    kind="improvement",
    hours=4,
)
VALUE = Words(
    why=(
        "One clear sentence about what it does, for whom, decides which rules apply to you. Saying it early saves "
        "months: a reminder and a tool that suggests a treatment are looked at very differently."
    ),
    steps=(
        "Finish this sentence: “It helps … to … so that …”.",
        "Write down what it does, for which people, who uses it and where.",
        "Go through the device questions with somebody who knows the rules. An hour is usually enough.",
    ),
    show=(
        "Why somebody would choose it over what they do today",
        "What it is meant to do: for whom, used by whom, and where",
        "Whether it counts as a medical device, and why you think so",
        "How strong its evidence has to be: tier A, B or C",
    ),
    kind="business",
    hours=5,
)
AIM = Words(
    why=(
        "“Better” is not an aim: how much better, for whom, by when? A picture of what has to change shows you where a "
        "small push goes a long way, and what could trip you up."
    ),
    steps=(
        "Write the aim with a number and a date: “from … to … by …”.",
        "Draw what drives it: what would have to change, and what could change that.",
        "Go through the seven areas and mark each as simple, complicated or hard to predict.",
    ),
    show=(
        "Your aim, with a number and a date",
        "A drawing of what drives it",
        "How complex each of the seven areas is",
        "The biggest risks, and what you do about each",
    ),
    kind="improvement",
    hours=4,
)
PROTOTYPE = Words(
    why=(
        "Something rough that people can hold gets honest answers. Paper is fine: the point is to find out what is "
        "wrong while changing it is still free."
    ),
    steps=(
        "Make the roughest version that shows the idea: on paper, in slides, or as a role play.",
        "Before you try it, write down what you think will happen.",
        "Watch three people use it without helping them, and note where they stop.",
    ),
    show=(
        "The first version: a link, photos or a short description",
        "One test: what you expected, what happened, what you will change",
        "What at least three people did and said when they tried it",
    ),
    kind="digital",
    hours=8,
)
REFINED = Words(
    why=(
        "Soon many people will see your idea and offer to help. A page that a stranger understands in a minute, with "
        "questions you really want answered, brings the right ones. And what you make public cannot be made secret "
        "again, so decide first."
    ),
    steps=(
        "Write the summary, and read it aloud to somebody from another line of work.",
        "Choose three questions that you would love to have answered.",
        "Talk through with us what should stay private for now, and why.",
    ),
    show=(
        "A summary that anybody can understand",
        "The questions you ask the community",
        "What you decided to make public, and what not",
    ),
    kind="improvement",
    hours=3,
)
CODESIGN = Words(
    why=(
        "The people who disagree with you are doing you a favour. What they challenge now will not surprise you later, "
        "and an idea shaped with the people it is for is one that they will use."
    ),
    steps=(
        "Answer each challenge with one line: what you changed, or why you did not.",
        "Run a second small test with the changed version.",
        "Check that it works for somebody who uses only a keyboard, large text or a screen reader.",
    ),
    show=(
        "What was challenged, and what you changed",
        "The second test: what you expected, what happened, what is next",
        "An accessibility check (WCAG 2.2), and what you put right",
    ),
    kind="digital",
    hours=8,
)
SAFETY = Words(
    why=(
        "Before anybody is cared for with it, we ask “how could this hurt someone?” and “who could see what they should "
        "not?”. You do not need to be an expert. You need to have asked one, and to have started a list."
    ),
    steps=(
        "Think of five ways it could go wrong for a patient, with somebody who does this for a living.",
        "Find out who in your organisation is the clinical safety officer, and say hello.",
        "List what information about people it keeps, where it goes, and who can see it.",
    ),
    show=(
        "The list of hazards, started",
        "Who will be the safety officer",
        "A draft of the data protection impact assessment (DPIA)",
        "How it will be kept secure, on one page",
    ),
    kind="regulation",
    hours=6,
)
REGULATION = Words(
    why=(
        "Yours is a medical device, so there is a road to follow before it may be used with patients. Knowing its "
        "length and price now is far kinder than finding out when you are ready to start."
    ),
    steps=(
        "Work out its class with somebody who has done it before.",
        "Sketch the road: which steps, how long each takes, what it costs.",
        "Write down what you do not know yet, and who could tell you.",
    ),
    show=(
        "Its class, and why",
        "The steps to approval, in outline",
        "The questions that are still open",
    ),
    kind="regulation",
    hours=5,
)
EVIDENCE = Words(
    why=(
        "One day somebody will ask “how do you know that it works?”. Decide today what you will count, and count it "
        "before you change anything. Without a before there is no after."
    ),
    steps=(
        "Draw the chain from what you do to what gets better for people.",
        "Choose two or three measures, and count each of them as things are now.",
        "Find out whether what you plan is research or a service evaluation. A short online tool tells you.",
    ),
    show=(
        "The chain from what you do to what gets better",
        "Your measures, each with its number today",
        "Research or service evaluation, and who said so",
    ),
    kind="improvement",
    hours=5,
)
READY = Words(
    why=(
        "You have come a long way; now others need to see it. Somebody who says yes to a pilot wants to know what it "
        "costs, what it saves, and what you learnt, told plainly, including what did not work."
    ),
    steps=(
        "Ask one place whether it would try it, and what it would need from you first.",
        "Put rough numbers on what it costs and what it saves in a year.",
        "Fill in the draft of your story. Much of it is there already from your roadmap.",
    ),
    show=(
        "A place that would pilot it, in principle",
        "A draft of what it costs and what it saves",
        "A draft of your case study",
        "What comes next, and with whom",
        "Your answers to the survey at the end",
    ),
    kind="business",
    hours=6,
)

CORE = {
    1: AGREE,
    2: PROBLEM,
    3: VALUE,
    4: AIM,
    5: PROTOTYPE,
    6: REFINED,
    7: CODESIGN,
    8: SAFETY,
    9: REGULATION,
    10: EVIDENCE,
    11: READY,
}

FULL = {
    1: Words(
        AGREE.why,
        AGREE.steps,
        (
            "The agreement, with your name on it",
            "The time agreed with your employer, if you have one",
            "Your seven answers about what you need",
            "What we may and may not share about you in the case study",
            "Your time account, opened",
        ),
        "improvement",
        2,
    ),
    2: Words(
        PROBLEM.why,
        PROBLEM.steps,
        (*PROBLEM.show[:3], "Which unfair difference this could narrow"),
        "improvement",
        4,
    ),
    3: Words(
        VALUE.why,
        VALUE.steps,
        (
            VALUE.show[0],
            "What it is meant to do: its function, for which people, used by whom, and where",
            VALUE.show[2],
            VALUE.show[3],
            "Who owns the idea",
        ),
        "business",
        5,
    ),
    4: AIM,
    5: Words(
        PROTOTYPE.why,
        (
            PROTOTYPE.steps[0],
            "Try it with people at least twice, changing something in between.",
            "Check that it works for somebody who uses only a keyboard, large text or a screen reader.",
        ),
        (
            PROTOTYPE.show[0],
            "At least two tests: what you expected, what happened, what you changed",
            "What at least five people did and said when they tried it",
            CODESIGN.show[2],
        ),
        "digital",
        12,
    ),
    6: Words(
        why=(
            "A safety case is the story of how you looked for harm and what you did about it. A registered clinician "
            "signs it, so that everybody who uses your idea knows that somebody answered for it."
        ),
        steps=(
            "Find your clinical safety officer, and check their registration and training together.",
            "Go through the list of hazards, and for each agree what makes it less likely.",
            "Put the plan, the list and the conclusion into one report.",
        ),
        show=(
            "Who is clinical safety officer, with registration and training",
            "The plan for managing risks",
            "The list of hazards, complete",
            "The safety case report",
        ),
        kind="regulation",
        hours=10,
    ),
    7: Words(
        why=(
            "People trust you with what they would tell nobody else. Hospitals ask for the same five things before "
            "they let anything near their systems; with these in hand their door opens faster."
        ),
        steps=(
            "Follow one person's information from start to end, and write down each place where it rests.",
            "Ask the information governance team to read your draft before it is finished.",
            "Have somebody try to break in, or plan when that will happen.",
        ),
        show=(
            "The data protection impact assessment (DPIA)",
            "Where you stand with the Data Security and Protection Toolkit (DSPT)",
            "A penetration test, or the date of one",
            "How people will prove who they are, with a second factor",
            "A declaration that the code was written securely",
        ),
        kind="regulation",
        hours=8,
    ),
    8: Words(
        REGULATION.why,
        REGULATION.steps,
        (
            "Its class, and why",
            "The plan for showing that it conforms",
            "How you keep quality under control",
            "The questions that buyers ask, answered",
        ),
        "regulation",
        10,
    ),
    9: Words(
        EVIDENCE.why,
        EVIDENCE.steps,
        (*EVIDENCE.show, "What evidence is still missing for its tier"),
        "improvement",
        6,
    ),
    10: Words(
        why=(
            "On the first day of a pilot nobody should have to ask “who is responsible if …?”. This is the list that a "
            "careful pilot site will want ticked, and the moment to say “go” or, just as well, “not yet”."
        ),
        steps=(
            "Sit down with the pilot site and go through the list together.",
            "Agree who looks after safety, data and support, by name.",
            "Say out loud what would make you stop.",
        ),
        show=(
            "The digital assessment form (DTAC), filled in",
            "How it talks to other systems",
            "The site's approval",
            "The site's own safety case",
            "The data protection assessment, signed",
            "Research or evaluation, decided",
            "The agreement for the pilot",
            "Go or no-go, and who decided",
        ),
        kind="digital",
        hours=8,
    ),
    11: Words(
        why=(
            "Now it meets real life. A few dots on a chart every week tell you more than a big number at the end, and "
            "who did not use it tells you whether it is fair."
        ),
        steps=(
            "Add the week's numbers to the chart, even when they look bad.",
            "Change one small thing at a time, and write down what you expect.",
            "Find two people who stopped using it, or never began, and ask why.",
        ),
        show=(
            "How much it was used",
            "A run chart of what got better, against the start",
            "At least two tests: what you expected, what happened, what is next",
            "What went wrong, and what you did",
            "Who used it, and who did not",
        ),
        kind="improvement",
        hours=12,
    ),
    12: Words(
        why=(
            "What you learnt belongs to everybody who has the same problem. A plain account of costs, benefits and "
            "mistakes lets the next place say yes."
        ),
        steps=(
            "Put real numbers on what it cost and what it saved.",
            "Write who will pay for it after the pilot, and from which budget.",
            "Finish your story, and have the people in it check what it says about them.",
        ),
        show=(
            "What it costs and what it saves",
            "Who pays for it in future",
            "What it does to our carbon footprint",
            "How complex each of the seven areas is now",
            "Your case study, published",
            "Your answers to the survey at the end",
        ),
        kind="business",
        hours=10,
    ),
}

TITLES = {"core": "Core roadmap, 30 weeks", "full": "Full roadmap, 52 weeks"}
WORDS = {"core": CORE, "full": FULL}
