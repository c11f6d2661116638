"""Goals to sign up for, each with its five levels in words: fields of `publish_goal`, and the skills that help."""

GOALS: list[tuple[dict, list[str]]] = [
    (
        {
            "slug": "ask-the-people", "audience": "innovator", "title": "Ask the people it is for",
            "words": ["I have asked nobody", "I have asked one person", "I have asked five people and written it down",
                      "I have asked ten, and changed something", "The people I asked now help me to decide"],
        },
        ["user-research", "lived-experience"],
    ),
    (
        {
            "slug": "first-test", "audience": "innovator", "title": "Try it once, small",
            "words": ["I only have the idea", "I know what I would try", "I have tried it once and know what happened",
                      "I have tried it three times", "Others try it without me"],
        },
        ["improvement-method", "coaching"],
    ),
    (
        {
            "slug": "speak-up", "audience": "innovator", "title": "Talk about it without fear",
            "words": ["I tell nobody", "I tell my friends", "I can say it in a minute to anybody",
                      "I have told a meeting", "People ask me to come and tell them"],
        },
        ["presenting", "mentoring"],
    ),
    (
        {
            "slug": "measure", "audience": "innovator", "title": "Know if it makes a difference",
            "words": ["I have no numbers", "I know what I would count", "I have counted for a week before",
                      "I have counted before and after", "I have a chart over time"],
        },
        ["measurement-for-improvement", "statistics"],
    ),
    (
        {
            "slug": "give-an-hour", "audience": "helper", "title": "Give an hour a month",
            "words": ["I have given nothing yet", "I have offered something", "I give an hour a month",
                      "I give two", "People come back to me"],
        },
        ["mentoring"],
    ),
    (
        {
            "slug": "learn-by-helping", "audience": "helper", "title": "Learn something from those I help",
            "words": ["It only goes one way", "I listen", "I learnt one thing that I use",
                      "I asked for an hour back", "We work together now"],
        },
        ["co-production"],
    ),
    (
        {
            "slug": "nobody-waits", "audience": "manager", "title": "No team waits for me",
            "words": ["Things wait for weeks", "I answer within ten days", "I answer within five working days",
                      "Within three", "Teams know before they ask"],
        },
        ["facilitation"],
    ),
    (
        {
            "slug": "finish-the-form", "audience": "applicant", "title": "Finish my application",
            "words": ["I have not begun", "I have begun", "It is in", "It is in, and somebody read it first",
                      "It is in, and I asked for what I need"],
        },
        ["writing", "coaching"],
    ),
]  # fmt: skip
