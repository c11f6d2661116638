"""Forty-odd ideas that people might bring: (who, sentence, problem, idea, who loses out, help wanted). Written for the
demonstration; no real person, ward or trust is meant. The first ten are the ones that wave one accepted."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Idea:
    """One application's own words. `by` is a role in or around health, `band` a pay band or nothing."""

    name: str
    by: str
    band: str
    sentence: str
    problem: str
    idea: str
    unfair: tuple[str, ...]
    help: tuple[str, ...]


ACCEPTED = [
    Idea(
        "Cup in Reach", "hospital", "band_2",
        "A picture card on the drinks trolley, so that patients who cannot speak up still get the drink they like.",
        "On nights I find full cups out of reach. People who had a stroke cannot ask. Some end up on a drip that they would not have needed.",
        "A wipe-clean card with twelve pictures hangs on each trolley. The patient points, we tick, and the tick stays above the bed so the next shift knows.",
        ("disability", "age"), ("improvement", "digital"),
    ),
    Idea(
        "Night Bus Rota", "hospital", "band_3",
        "Shifts that end when the last bus goes, so that porters and cleaners without a car can take them.",
        "Two porters on our team walk four miles home because the late ends at 22:15 and the last bus leaves at 22:05. People leave because of it.",
        "A small tool that lays the rota over the bus timetable and shows which ten-minute changes would let people get home.",
        ("staff", "money"), ("digital", "business"),
    ),
    Idea(
        "Talk to My Tablet", "carer", "",
        "A voice diary in Punjabi and Urdu, so that my dad can tell his diabetes nurse how his week has been.",
        "My dad gets a paper diary in English. He cannot read it and feels ashamed, so he says everything is fine. It is not fine.",
        "He speaks for one minute each evening. The nurse gets a short summary in English, with his own words kept beside it.",
        ("language", "ethnicity", "digital"), ("digital", "regulation"),
    ),
    Idea(
        "First Fifteen", "hospital", "band_5",
        "Fifteen quiet minutes with a named nurse for everyone who comes into hospital with a learning disability.",
        "People with a learning disability wait in the noisiest room we have. We lose the first hour to fear, and then the notes say they did not cooperate.",
        "A bleep tells the ward as soon as the passport is scanned. A side room, a named nurse and a picture of what happens next, within fifteen minutes.",
        ("learning", "disability"), ("improvement",),
    ),
    Idea(
        "Scan Van", "community", "band_6",
        "Bring the bladder scanner to care homes on market days, instead of care home residents to the hospital.",
        "A fifteen-minute scan costs an 86-year-old a day on a trolley and two ambulance trips. In our coastal villages it is an hour each way.",
        "One van, one nurse, a fixed round of nine homes. Results go to the GP the same day through the system we already have.",
        ("place", "age"), ("business", "improvement"),
    ),
    Idea(
        "Skin in Every Shade", "patient", "",
        "Photographs of early skin infection on brown and black skin, made with patients, for every dressing trolley.",
        "My cellulitis was missed three times because nobody knew what it looks like on me. The posters on the wall all show red on white.",
        "Patients of our group are photographed, with consent, from day one of an infection. A pocket set and a web page that works on an old phone.",
        ("ethnicity",), ("regulation", "digital"),
    ),
    Idea(
        "Discharge by Two", "hospital", "band_4",
        "Medicines to take home ready by two o'clock, by starting the list when the patient starts to pack.",
        "Patients sit dressed on their beds from nine until six because the tablets are not ready. Their lift has gone and the pharmacy in their village has shut.",
        "The ward clerk's board gets one more column, pharmacy sees it live, and the runner's round starts at eleven. We tried it for a week on paper.",
        ("place", "money", "carers"), ("improvement", "digital"),
    ),
    Idea(
        "Baby Box Library", "community", "band_7",
        "Lend a breast pump, a cool bag and someone to call, from the library, where mothers already go.",
        "Mothers on our estate stop feeding in week two because hiring a pump costs a day's food. They are told to go to a clinic two buses away.",
        "Twelve boxes in two libraries, lent like books. A volunteer who has been through it rings on day three and day ten.",
        ("money", "women"), ("business", "improvement"),
    ),
    Idea(
        "Hear Me First", "primary", "band_3",
        "A flag on the GP's phone queue that lets people who lip-read or stammer skip the phone and write instead.",
        "I answer the phones. Every day somebody who stammers is cut off by our own menu. They turn up in A&E with something we could have sorted.",
        "One tick on the record sends a link by text when the number rings. They write, we answer within the hour, and the doctor rings only if needed.",
        ("disability",), ("digital", "regulation"),
    ),
    Idea(
        "Steady Street", "social", "",
        "Falls classes in the lift lobby of tower blocks, so that nobody has to be able to travel to learn not to fall.",
        "I visit people on the tenth floor who have not been out since their fall. The class that would help is in a leisure centre with eleven steps.",
        "A physio and a home carer run twenty minutes in the lobby each Tuesday. Neighbours knock for each other. We count how far people walk.",
        ("age", "place", "disability"), ("improvement", "business"),
    ),
]  # fmt: skip

OTHERS = [
    Idea("Tea Round Pharmacist", "hospital", "band_5", "A pharmacist on the tea round once a week, to answer what patients never dare to ask.", "Patients stop tablets because of things they read at night. They would ask, but nobody with time ever stands by the bed.", "One hour, one ward, one trolley. Questions are written down without names, and turned into better leaflets.", ("age",), ("improvement",)),
    Idea("Sunflower Lights", "hospital", "band_2", "Lights that dim by themselves on the dementia ward, set by the people who work nights.", "At 2 am the corridor is as bright as a supermarket. People get up, get lost and fall.", "Cheap timers and a rule that nights decide. Count the falls before and after.", ("age", "disability"), ("improvement",)),
    Idea("Form Friend", "charity", "", "Somebody to sit beside you while you fill in the form for help with travel costs.", "The form is nine pages. People who need it most give up, and then miss the appointment.", "Trained volunteers in the waiting room, a shorter form, and a tally of appointments kept.", ("money", "learning"), ("improvement", "business")),
    Idea("Dad's Corner", "patient", "", "A text a week for fathers after a difficult birth, because nobody asked how I was.", "I did not sleep for a month. The visitor asked about the baby and my wife. I was not on any list.", "Ten short texts written by fathers, with one number to call that a father answers.", ("mental",), ("digital",)),
    Idea("Clean Hands, Right Height", "hospital", "band_2", "Hand gel at the height of a wheelchair, in every bay.", "I clean the ward in a wheelchair. I cannot reach the gel in nine of twelve bays, and neither can the patients.", "Move the brackets, measure use, publish the fixings list so any trust can do it.", ("disability",), ("business",)),
    Idea("Wait Well", "primary", "band_4", "Tell people on a waiting list something true every two weeks.", "People ring us every day to ask if they have been forgotten. We do not know either.", "One short message from real data, in the language they chose, with what to do if it gets worse.", ("language",), ("digital", "regulation")),
    Idea("Bra Bank", "charity", "", "Well-fitting bras after breast surgery for women who cannot pay for them.", "The soft ones are forty pounds. Women go without and stay at home.", "Donated new stock, fitted by nurses, lent until it fits no more.", ("money", "women"), ("business",)),
    Idea("Sign on Screen", "hospital", "band_6", "A sign-language interpreter on a tablet within three minutes, at night too.", "A deaf woman signed her consent for surgery without understanding it, because the interpreter comes at nine.", "A rota shared by six trusts; the tablet lives on the resus trolley.", ("disability", "language"), ("business", "digital")),
    Idea("Walk to Work", "hospital", "band_3", "Safe, lit walking groups from the station to the hospital for early shifts.", "Colleagues are followed at five in the morning. Two have stopped doing earlies.", "A meeting point, a volunteer with a torch, a count of who feels safe.", ("women", "staff"), ("improvement",)),
    Idea("Food First", "community", "band_5", "Meals that look like home for older people from the Caribbean in day care.", "They push the plate away and we write down 'poor appetite'.", "Recipes from families, one dish a week, plates weighed before and after.", ("ethnicity", "age"), ("improvement", "business")),
    Idea("Pocket Passport", "carer", "", "My son's care plan on a card that opens on any paramedic's phone.", "He has fits and cannot speak. I say it all again every time, while he is fitting.", "A card with a code, a page that I keep up to date, and no app.", ("disability", "carers"), ("digital", "regulation")),
    Idea("Quiet Clinic", "hospital", "band_7", "One outpatient clinic a week without noise, strip lights or waiting in rows.", "Autistic people cancel on the day because they know what the room is like.", "The same staff on Thursday afternoons with lamps, text call-in and longer slots.", ("disability",), ("improvement",)),
    Idea("Bus Stop Bloods", "primary", "band_3", "Blood tests in the community hall on the day the bus comes.", "Our village has one bus out and one back, four hours apart.", "A phlebotomist in the hall on Tuesdays. Did-not-attends before and after.", ("place", "money"), ("improvement", "business")),
    Idea("Own Words", "hospital", "band_8a", "Clinic letters written to the patient and read back by a patient before they go.", "I write letters about people, not to them. They take them to a neighbour to have them explained.", "A panel of six patients marks what they do not understand, and we change the templates.", ("learning", "language"), ("improvement",)),
    Idea("Second Shelf", "hospital", "band_2", "A shelf of clean clothes so that nobody goes home in a gown.", "People without family leave in a gown and slippers. In winter.", "Donations, a size chart, a discharge checklist with one more box.", ("money", "inclusion"), ("business",)),
    Idea("Breathe Easy Choir", "community", "band_6", "A singing group for people with bad lungs, run with the mosque and the chapel.", "The classes we offer are full of people who drive.", "Two halls, one teacher, and the six-minute walk before and after.", ("ethnicity", "place"), ("improvement",)),
    Idea("Who Is Who", "hospital", "band_2", "Name badges with big letters and what you may ask me.", "Patients ask the doctor for the commode and me about the scan, and are cross with both of us.", "Yellow badge, large print, three words. Ask fifty patients.", ("age", "disability"), ("improvement",)),
    Idea("Prison Leavers' Pack", "charity", "", "A working prescription and a booked GP on the day somebody leaves prison.", "They come out on a Friday with seven days of tablets and no doctor.", "A nurse and someone who has been inside meet each person at the gate.", ("inclusion",), ("improvement", "regulation")),
    Idea("Ward Wi-Fi Champion", "hospital", "band_4", "Somebody on each ward who can get an old patient online in five minutes.", "The tablets for video calls are in a locked cupboard and nobody knows the code.", "Two champions a ward, one page, and a count of calls to families.", ("age", "digital"), ("digital",)),
    Idea("Fast and Safe", "primary", "band_5", "Plan medicines for Ramadan in good time, with the imam and the pharmacist.", "Each year people fast with diabetes and end up with us in week two.", "A drop-in six weeks before, in the mosque, with a changed plan on a card.", ("ethnicity",), ("improvement", "regulation")),
    Idea("Crew Room Physio", "hospital", "band_5", "Ten minutes of physio in the crew room before a night of lifting.", "Half of our ambulance crew has a bad back and all of us say it is fine.", "A physio student twice a week, sickness days counted for a season.", ("staff",), ("improvement",)),
    Idea("Teens Talk Back", "patient", "", "Teenagers rate the diabetes clinic, and the clinic must answer.", "They talk to my mum over my head. I stopped going.", "Three questions on a phone, answers on the wall in a month.", ("age",), ("digital",)),
    Idea("Clear Path", "hospital", "band_3", "Coloured lines that people with bad eyesight can follow from the bus stop.", "Our signs are grey on grey. I walk people to eye clinic myself twenty times a day.", "Test with ten patients, paint one route, count late arrivals.", ("disability", "age"), ("improvement", "business")),
    Idea("Home in a Box", "social", "", "Everything a person needs on the first day home, in one box, in the boot of my car.", "I take people home to an empty fridge and no light bulb.", "A list, a cupboard in the ward, a supermarket that gives.", ("money", "age"), ("business",)),
    Idea("Say It Simply", "student", "", "A plain-English checker for consent forms that runs on the computers we have.", "I could not read my gran the form, and I study medicine.", "Paste, see the hard words, get suggestions. No text leaves the computer.", ("learning", "language"), ("digital", "regulation")),
    Idea("Night Kitchen", "hospital", "band_2", "A hot meal for night staff from what the day kitchen throws away.", "We eat crisps at 3 am next to a bin of good food.", "A fridge, a label, a microwave, a tally.", ("staff", "money"), ("business",)),
    Idea("Measured Up", "hospital", "band_6", "Blood pressure cuffs in every size, on every stand.", "The one large cuff is always somewhere else. So the reading is wrong for the people most at risk.", "Four cuffs on one ring, a tether, an audit before and after.", ("disability",), ("business", "improvement")),
    Idea("Street Vet, Street Nurse", "community", "band_7", "See the dog and you get to see its owner: a joint vet and nurse round.", "People who sleep outside will not leave their dog to see me.", "One van, two professionals, once a week. Dressings done and jabs given.", ("inclusion", "money"), ("business", "regulation")),
    Idea("One Number", "carer", "", "One phone number for carers that a person answers until ten at night.", "I have eleven numbers on my fridge and all of them close at five.", "A rota of carers on the timebank, with a nurse behind them.", ("carers",), ("improvement", "business")),
    Idea("Little Feet", "community", "band_4", "Foot checks at the food bank.", "People with diabetes come to the food bank each week and to the foot clinic never.", "A podiatry assistant, a chair, ten minutes, a warm referral.", ("money", "inclusion"), ("improvement",)),
    Idea("Moving Story", "hospital", "band_3", "A short film of the operating theatre for children, made by the porters.", "Children cry at the doors because they have never seen what is behind them.", "Three minutes on a phone, one for each door, tested with six children.", ("learning",), ("digital",)),
]  # fmt: skip

# For the wave that is under way, after "Cup in Reach" (the first of ACCEPTED), and for the call that is open now.
LIVE = [
    Idea("Tide Table Clinic", "community", "band_6", "Clinics on the island planned by the tide, so that nobody misses the boat home.", "We book people for three and the causeway floods at half past two. So they do not come.", "The booking page reads the tide table, and a neighbour with a boat is on the list.", ("place",), ("digital", "improvement")),
    Idea("Harvest Health", "charity", "", "A check-up at the packing shed, in the language of the people who pack.", "Pickers work from five until the light goes. They have no GP and the surgery shuts at six.", "A nurse and an interpreter at the shed gate every second Friday, with results by voice message.", ("language", "inclusion", "place"), ("regulation", "improvement")),
    Idea("Farm Gate Talk", "primary", "band_7", "Somebody to talk to at the livestock market, for farmers who will not come to us.", "I have lost two patients. Both had been at market the week before, and nobody asked.", "Two trained market drovers, a quiet horsebox and a nurse behind them.", ("mental", "place"), ("improvement", "business")),
    Idea("Bring It Home", "social", "", "Home oxygen that fits in a village bus, with a driver who knows what it is.", "Mrs L has not left her cottage in a year, because the cylinder may not go on the bus.", "A bracket, a half-hour course for drivers, and a letter from the insurer.", ("disability", "place", "age"), ("regulation", "business")),
]  # fmt: skip

NEW = [
    Idea("Washday Watch", "hospital", "band_2", "The laundry team tells wards when a patient's clothes come back with blood on.", "I see things in the laundry that nobody upstairs knows about.", "A slip in the bag, a number to ring, and nobody blamed.", ("age",), ("improvement",)),
    Idea("Gran's Goggles", "student", "", "Glasses for the blurred hour after eye drops, so that old people can go home alone.", "My gran waits four hours in the clinic because I cannot fetch her before five.", "Tinted overglasses to lend, a map in large print, a call at home.", ("age", "disability"), ("business",)),
    Idea("Night Feed Line", "hospital", "band_4", "A line that a midwife answers between midnight and six.", "Parents ring the ward and we have our hands full.", "Three trusts share one midwife on nights. Calls counted, visits saved.", ("women",), ("business", "improvement")),
    Idea("Name It", "hospital", "band_3", "How to say my name, recorded by me, on my record.", "They call 'Mr N' because they are afraid to say it wrong.", "Ten seconds recorded at booking, a play button beside the name.", ("ethnicity",), ("digital",)),
    Idea("Chair by the Door", "patient", "", "A chair every fifty steps on the way to oncology.", "I can walk to my chemo, just not all at once.", "Fold-down seats on one corridor. Count who stops needing a porter.", ("disability",), ("business",)),
    Idea("Two-Bus Rule", "primary", "band_8a", "No referral more than two buses away without asking how the person will get there.", "I refer people to places I have never had to reach without a car.", "A map in the referral form and a question that must be answered.", ("place", "money"), ("digital", "improvement")),
    Idea("Kitchen Table Consent", "carer", "", "Consent forms that a family can read together at home, with a phone-in evening.", "They hand it to you in a gown.", "Sent a week before, in six languages, one evening a week to ask.", ("language", "learning"), ("regulation",)),
    Idea("Shift Swap Shop", "hospital", "band_5", "A fair way to swap shifts for people with children.", "Whoever shouts first in the chat gets the swap.", "A list, a rule, a manager's yes in an hour.", ("carers", "staff"), ("digital",)),
    Idea("Warm Handover", "social", "", "Ten minutes on the phone between the ward and the home before anybody moves.", "They arrive at nine at night with a bag and no list.", "A slot at two o'clock each day; no call, no transport.", ("age",), ("improvement",)),
]  # fmt: skip
