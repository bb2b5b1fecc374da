"""Stories of the screens: every state has one in both languages, in words, and it holds no more of a voter than it must."""

import re
from dataclasses import replace
from datetime import date

import pytest
from desk_facts import ACTIONS, PAGES
from domain_facts import ANNE, BENT, BOTH, EVERYTHING, KEYED, ONE, OPEN, facing

from kiosk.display import entry
from kiosk.domain import desk, pages, texts
from kiosk.domain import desk_states as d
from kiosk.domain import screens as s
from kiosk.domain.ballots import Colour, Election
from kiosk.domain.cards import Unreadable
from kiosk.domain.chain import RejectionReason
from kiosk.domain.chair_actions import ReleaseVoter, UndoMark
from kiosk.domain.codetext import GROUPS, CodeMisread, grouped, spell
from kiosk.domain.eligibility import Barred, Eligible, Mark, RefusalReason, Withheld
from kiosk.domain.entries import How, Source
from kiosk.domain.messages import Display, Stance
from kiosk.domain.situation import (
    Conflict,
    Elsewhere,
    LastCard,
    LeftOpen,
    Mode,
    Peer,
    RejectedMessage,
    Situation,
    Stopping,
    Undo,
    Undoable,
    UndoState,
    Unproved,
)
from kiosk.domain.texts import CODES, Language, text
from kiosk.domain.view import ViewContext, asked, fault, screen
from kiosk.simulated import screens
from kiosk.store.errors import CorruptError, DiskFullError, InUseError, ReadOnlyError, StoreError
from kiosk.texts.catalogues import CATALOGUES

LANGUAGES: tuple[Language, ...] = ("da", "en")
Around = dict[str, object]
THEN = 38_520_000  # 10.42 in the samples' zone
DAY = (
    Election("byraad", "byråd", {"en": "council"}, Colour.WHITE),
    Election("region", "regionsråd", {"en": "region"}, Colour.YELLOW),
    Election("raad", "ældreråd", {"en": "seniors"}, Colour.BLUE),
    Election("sogn", "menighedsråd", {"en": "parish"}, Colour.PINK),
)
MARK = Mark(("byraad",), 4, THEN)
REFUSED = [
    d.Refused(Barred(RefusalReason.ALREADY_MARKED, MARK), ANNE.number, ANNE),
    d.Refused(Barred(RefusalReason.POSTAL_VOTE), ANNE.number, ANNE),
    d.Refused(Barred(RefusalReason.NOT_ON_LIST), 4999, None),
    d.Refused(Barred(RefusalReason.STRUCK_OFF), ANNE.number, ANNE),
    d.Refused(Barred(RefusalReason.MOVED_AWAY), ANNE.number, ANNE),
    d.Refused(Barred(RefusalReason.OTHER_PLACE, place="Vestre Skole"), None, None),
    d.Refused(Barred(RefusalReason.OTHER_TABLE, table=5), ANNE.number, ANNE),
    d.Refused(Barred(RefusalReason.REFERRED), ANNE.number, ANNE),
    d.Refused(Barred(RefusalReason.NOT_OPEN), ANNE.number, ANNE),
    d.Refused(Barred(RefusalReason.CHANGED), ANNE.number, ANNE),
]
PADS = ((False, False), (True, False), (False, True))
OTHERS = (
    None,
    d.Found(BENT, ONE, Source.CARD),
    d.Turned(Barred(RefusalReason.NOT_ON_LIST), 4999, None),
    d.Misread(Unreadable.CPR),
)


DRAWN_AS = {"Locked": "NotReady", "FindMark": "Typing", "KeyCard": "Typing", "AskCode": "Typing"}
FILLED = [*(pages.AskCode(frozenset({"T4.1"}), slip, 4) for slip in (*pages.CodeSlip, *CodeMisread)), pages.Marks(ANNE.number)]

STATES: list[d.State] = [
    *(d.NotReady(lack) for lack in d.NotReadyReason if lack is not d.NotReadyReason.CLOSED),
    *(d.Ready(why) for why in (None, *Unreadable)),
    *(d.Typing(why) for why in (None, *Unreadable)),
    *(d.VoterShown(ANNE, EVERYTHING, Source.CARD, other) for other in OTHERS),
    *(d.VoterShown(ANNE, Eligible(("byraad",), {"region": why}), Source.CARD) for why in Withheld),
    *(d.BirthDate(ANNE, ONE, Source.KEYED, wrong, other) for wrong in range(3) for other in OTHERS),
    *(d.Waiting(ANNE, EVERYTHING, silent, other) for silent in (False, True) for other in OTHERS),
    *(d.Green(ANNE, may, lit) for may in (EVERYTHING, ONE) for lit in (False, True)),
    *REFUSED,
    d.Refused(Barred(RefusalReason.OTHER_PLACE), None, None),
    d.Referred(ANNE),
    *(d.Unresolved(d.Unfinished(ANNE, BOTH, THEN), other) for other in (False, True)),
    d.Closed(),
    d.Locked(),
    *(d.Office(page) for page in (*PAGES, *FILLED)),
    *(d.Pin(action, wrong, paused) for action in ACTIONS for wrong, paused in PADS),
]


def view(language: Language = "da", **other: object) -> ViewContext:
    """The samples' circumstances; no time on it reads like a birth date."""
    made = screens.sample_view(language)
    peers = tuple(replace(peer, last_ms=THEN) for peer in made.situation.peers)
    around = other.pop("situation", replace(made.situation, peers=peers))
    known = {name: other.pop(name) for name in ("lack", "office", "locked", "marks") if name in other}
    return replace(made, facts=replace(made.facts, situation=around, **known), **other)


def shown(state: d.State, language: Language = "da", **other: object) -> s.Screen:
    lack = {"lack": state.lack} if isinstance(state, d.NotReady) else {}
    return screen(1, state, view(language, **lack, **other))


def words(seen: s.Screen) -> str:
    """Everything on a screen, as it goes to the display."""
    return s.encode(seen).decode()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_has_its_screen(language: Language) -> None:
    """Each state, whatever is in it, makes a whole screen of its own kind that survives the way to the display."""
    assert {type(state) for state in STATES} == set(desk.STATES)
    for state in STATES:
        seen = shown(state, language)
        kind = type(state.page if isinstance(state, d.Office) else state).__name__
        assert seen.kind == DRAWN_AS.get(kind, kind)
        assert seen.content.headline
        assert s.decode_sent(s.encode(seen)) == seen
        assert seen.strip.language == language
        assert not re.search(r"\{\d?\}", words(seen)), "a field was not filled in"


def test_the_samples_are_the_real_screens() -> None:
    """Pictures and layout checks see every kind of screen, in both languages, with the same buttons."""
    danish, english = (screens.samples(language) for language in LANGUAGES)
    assert danish.keys() == english.keys()
    assert {type(one.content) for one in danish.values()} | {s.Sheet} == set(s.Content.__args__)
    for name, seen in danish.items():
        other = english[name]
        assert [b and b.touch for b in (seen.left, seen.right)] == [b and b.touch for b in (other.left, other.right)], name
        assert seen.content != other.content


ON_A_PAGE = ({"cancel"}, {None, "go", "number", "pick seen"})
BUTTONS: dict[str, tuple[set[str | None], set[str | None]]] = {
    "NotReady": ({"menu", None}, {None, "open_poll", "island", "unlock"}),
    "Ready": ({"menu"}, {"type"}),
    "Typing": ({"cancel"}, {"number"}),
    "VoterShown": ({"cancel"}, {"approve"}),
    "BirthDate": ({"cancel"}, {"approve"}),
    "Waiting": ({"cancel"}, {None}),
    "Green": ({None}, {"next"}),
    "Refused": ({None}, {"next"}),
    "Referred": ({"release_voter"}, {"next"}),
    "Unresolved": ({"no"}, {"yes"}),
    "Closed": ({"menu"}, {None}),
    "Fault": ({None}, {None}),
    "Pin": ({"cancel"}, {"pin"}),
    "Overview": ({"menu", "cancel"}, {None, "pick seen"}),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_buttons_of_every_sample(language: Language) -> None:
    """Each screen has its two buttons where the clerk expects them: take back left, go on right."""
    for name, seen in screens.samples(language).items():
        left, right = BUTTONS.get(seen.kind, ON_A_PAGE)
        assert (seen.left and seen.left.touch) in left, name
        assert (seen.right and seen.right.touch) in right, name
        assert all(button is None or button.text for button in (seen.left, seen.right))


def test_what_the_buttons_say() -> None:
    """The guide's own words stand on the button that hands out."""
    assert shown(d.VoterShown(ANNE, EVERYTHING, Source.CARD)).right == s.Button("approve", "Godkend og udlevér stemmeseddel")


@pytest.mark.parametrize(
    ("elections", "danish", "english"),
    [
        (("byraad", "region"), "Udlevér hvid og gul", "Hand out white and yellow"),
        (("byraad", "region", "raad", "sogn"), "Udlevér hvid, gul, blå og lyserød", "Hand out white, yellow, blue and pink"),
        (("byraad",), "Udlevér kun hvid", "Hand out only white"),
        (("region",), "Udlevér kun gul", "Hand out only yellow"),
    ],
)
def test_green_names_the_colours(elections: tuple[str, ...], danish: str, english: str) -> None:
    """The green headline names in words the colours to hand out, and only those; "only" where the day has more."""
    day = DAY if len(elections) > 2 else DAY[:2]
    withheld = {e.id: Withheld.POSTAL_VOTE for e in day if e.id not in elections}
    green = d.Green(ANNE, Eligible(elections, withheld))
    assert shown(green, elections=day).content.headline == danish
    assert shown(green, "en", elections=day).content.headline == english


def test_green_on_a_day_with_one_election() -> None:
    """Where the day has one election only, its ballot is not called the only one."""
    assert shown(d.Green(ANNE, Eligible(("byraad",), {})), elections=DAY[:1]).content.headline == "Udlevér hvid"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("why", Withheld)
def test_withheld_ballots_carry_their_reason(why: Withheld, language: Language) -> None:
    """What is not handed out is shown with its reason, last, and what is handed out has none."""
    may = Eligible(("region",), {"byraad": why})
    for state in (d.VoterShown(ANNE, may, Source.CARD), d.BirthDate(ANNE, may, Source.CARD), d.Green(ANNE, may)):
        ballots = shown(state, language).content.ballots
        names = ("region", "council") if language == "en" else ("regionsråd", "byråd")
        assert [(ballot.election, ballot.withheld) for ballot in ballots] == [
            (names[0], ""),
            (names[1], text(f"withheld_{why}", language)),
        ]
        assert [ballot.colour_name for ballot in ballots] == [
            text(colour, language) for colour in (Colour.YELLOW, Colour.WHITE)
        ]


def test_the_question_after_a_restart_names_its_own_ballots() -> None:
    """Asked about a request for one election, the clerk is shown that ballot only."""
    asked = shown(d.Unresolved(d.Unfinished(ANNE, ("region",), THEN))).content
    assert [ballot.election for ballot in asked.ballots] == ["regionsråd"]
    assert asked.asked == "Godkendt kl. 10.42, lige før bordet stoppede."


def test_a_number_that_is_not_on_the_list_has_nothing_to_undo() -> None:
    """A slip of the finger: the page says that there is no such voter, and nothing about tables."""
    assert shown(d.Office(pages.Marks(4999))).content.said() == "nr. 004 999. Nummeret er ikke på valglisten."


def test_who_can_open_the_poll_is_told() -> None:
    """The chair opens it with a code at any node; where that has begun elsewhere the screen says where."""
    closed, others = d.NotReady(d.NotReadyReason.POLL_NOT_OPENED), (Peer("T1.1", 1, True, Stance.NOT_READY),)
    around = Situation("T3.1", others, may_stop=True, poll_open=False)
    table = shown(closed, situation=around)
    assert (table.right, "næste kode" in table.content.remedy) == (s.Button("open_poll", "Åbn afstemningen"), True)
    assert shown(closed, situation=replace(around, may_stop=False)).right is None
    elsewhere = shown(closed, situation=replace(around, elsewhere=Elsewhere(1, "T1.1", (), finished=False)))
    assert elsewhere.content.reason == "Bord 1 er ved at åbne afstemningen (kode 1)."
    lost = shown(closed, situation=replace(around, elsewhere=Elsewhere(1, "T3.1", (), finished=False)))
    assert lost.content.reason == "Afstemningen er ikke åbnet."


@pytest.mark.parametrize("language", LANGUAGES)
def test_refusals_differ(language: Language) -> None:
    """Each refusal has a reason and a code of its own; most say to contact the secretary, the others what else to do."""
    seen = [shown(state, language).content for state in REFUSED]
    assert len({one.reason for one in seen}) == len({one.code for one in seen}) == len(RefusalReason)
    *all_others, other_table, referred, not_open, changed = seen
    assert "5" in other_table.remedy
    assert referred.remedy
    assert not_open.remedy == ("Vent et øjeblik, og skan kortet igen" if language == "da" else text("scan_later", "en"))
    assert {one.remedy for one in all_others} == {"Kontakt valgsekretæren" if language == "da" else "Contact the secretary"}
    assert changed.remedy == ("Skan kortet igen" if language == "da" else "Scan the card again")
    assert {one.headline for one in seen} == {"Ingen stemmeseddel" if language == "da" else "No ballot"}


def test_what_a_refusal_says() -> None:
    """A second attempt is told where and when, another place by its name, an unknown number by the number."""
    reasons = [shown(state).content.reason for state in REFUSED]
    assert reasons[0] == "Allerede afmærket: bord 4 kl. 10.42"
    assert reasons[2] == "Nr. 004 999 står ikke på valglisten"
    assert reasons[5] == "Kortet hører til Vestre Skole"
    assert shown(d.Refused(Barred(RefusalReason.OTHER_PLACE), None, None)).content.reason not in reasons


def test_referred_says_whom_to_contact() -> None:
    """After too many wrong dates the headline itself sends the voter to the secretary, and says how many tries there were."""
    content = shown(d.Referred(ANNE), tries=3).content
    assert content.headline == "Kontakt valgsekretæren"
    assert "3" in content.reason


@pytest.mark.parametrize(
    ("language", "button", "headline"),
    [
        ("da", "Formanden: nyt forsøg", "Formanden giver vælgeren et nyt forsøg"),
        ("en", "Chair: a new try", "The chair gives the voter a new try"),
    ],
)
def test_release_is_the_chairs(language: Language, button: str, headline: str) -> None:
    """The button that gives a referred voter a new try says whose it is, and so does the pad behind it."""
    assert shown(d.Referred(ANNE), language).left == s.Button("release_voter", button)
    assert shown(d.Pin(ReleaseVoter(ANNE.number)), language).content.headline == headline


def test_release_stands_on_no_other_screen() -> None:
    """Only the screen of a voter who is referred offers a new try."""
    for state in STATES:
        assert ("release_voter" in words(shown(state))) == isinstance(state, d.Referred), state


def test_codes_are_unique() -> None:
    """No two screens give the telephone the same code."""
    assert len(set(CODES.values())) == len(CODES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_fault_has_its_words(language: Language) -> None:
    """Whatever breaks in the store or the program, the red screen says what and whom to call."""
    codes = [error.code for error in (StoreError, DiskFullError, ReadOnlyError, CorruptError, InUseError)]
    seen = [fault(1, code, view(language)).content for code in [*codes, "internal"]]
    assert len({one.reason for one in seen}) == len({one.code for one in seen}) == len(seen)


# --- what is not on the screen --------------------------------------------------------------------------------------


def forms(born: date) -> set[str]:
    """The ways in which a birth date, or enough of it, could stand on a screen."""
    months = {text_ for language in LANGUAGES for text_ in [texts.month(born.month, language).lower()]}
    digits = {born.strftime(form) for form in ("%d%m%y", "%d%m%Y", "%Y%m%d", "%y%m%d", "%d%m")}
    parts = {born.strftime(form.replace("-", sign)) for form in ("%d-%m", "%m-%d") for sign in "-./ "}
    return {*months, *digits, *parts, f"{born.year}", f"{born.day}.{born.month}", f"{born.day}/{born.month}"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_enter_mode_never_shows_the_birth_date(language: Language) -> None:
    """Where the clerk keys what the voter says, no screen of the check-in holds the date in any form."""
    by_compare = words(shown(d.VoterShown(ANNE, EVERYTHING, Source.CARD), language)).lower()
    assert any(form in by_compare for form in forms(ANNE.born)), "the search itself must be able to find it"
    for state in STATES:
        if not isinstance(state, d.VoterShown):
            seen = words(shown(state, language, training=False)).lower()
            assert not [form for form in forms(ANNE.born) if form in seen], state


def test_enter_mode_asks_with_a_pattern() -> None:
    """The pad shows how to key a date, and tells of tries used without telling the date."""
    content = shown(d.BirthDate(ANNE, EVERYTHING, Source.CARD, wrong=1), tries=3).content
    assert content.pattern == "dd-mm-åååå"
    assert content.notice == "Forkert dato: forsøg 1 af 3."
    assert [(choice.id, choice.keyed) for choice in content.hows] == [
        ("spoken", True),
        ("written", True),
        ("shown", True),
        ("known", False),
    ]


def test_compare_mode_shows_the_birth_date_in_words() -> None:
    """The date that the clerk must hear stands in words, and no answer needs a pad."""
    content = shown(d.VoterShown(ANNE, EVERYTHING, Source.CARD)).content
    assert content.born == "14. september 1968"
    assert [choice.id for choice in content.hows] == list(How)
    assert not any(choice.keyed for choice in content.hows)


def traces(seen: s.Screen) -> list[str]:
    """What of Anne or Bent is on a screen."""
    known = [
        part for v in (ANNE, BENT) for part in (v.name, *v.name.split(), v.address, str(v.number), f"{v.number:06}", "004 18")
    ]
    return [part for part in {*known, *forms(ANNE.born), *forms(BENT.born)} if part.lower() in words(seen).lower()]


@pytest.mark.parametrize(
    "rules", [OPEN, KEYED, facing(OPEN, lack=d.NotReadyReason.CLOSED), facing(OPEN, lack=d.NotReadyReason.ALONE)]
)
def test_a_cleared_screen_has_forgotten_the_voter(rules: d.Rules) -> None:
    """Once its time is up nothing of any voter is left on the screen; only a green that nobody has seen stays as it is."""
    unseen = 0
    for state in STATES:
        for leaves in (d.TimeUp(), d.Cancel()):
            if (type(state), type(leaves)) in desk.TABLE:
                after, effects = desk.step(state, leaves, rules)
                if isinstance(state, d.Green) and not state.drawn and leaves == d.TimeUp():
                    assert (after, effects) == (state, ())
                    unseen += 1
                else:
                    assert traces(shown(after)) == [], state
    assert unseen == 2


@pytest.mark.parametrize("why", Unreadable)
def test_what_was_misread_is_not_repeated(why: Unreadable) -> None:
    """A stray text, a CPR number above all, stands nowhere on the screen: only what was wrong and what to do."""
    content = shown(d.Ready(why)).content
    assert (content.notice, content.remedy) == (text(f"misread_{why}", "da"), text(f"misread_{why}_do", "da"))
    assert not re.search(r"\d{4}", words(shown(d.Ready(why), training=False, served=0)))


def test_another_card_is_told_by_its_number_only() -> None:
    """A card that is put aside shows its number, not its voter."""
    notice = shown(d.VoterShown(ANNE, EVERYTHING, Source.CARD, d.Found(BENT, ONE, Source.CARD))).content.notice
    assert "004 183" in notice
    assert "Bent" not in notice


# --- the strip ------------------------------------------------------------------------------------------------------


def test_the_strip_warns() -> None:
    """A missing scanner and a wrong clock each stand on every screen until they are mended."""
    for state in STATES:
        assert shown(state).strip.warnings == ()
        assert shown(state, scanner=False, clock_wrong=True).strip.warnings == (
            "Ingen skanner: tjek kablet, eller tast nummeret",
            "Uret går forkert: sig det til teknikeren",
        )


@pytest.mark.parametrize(
    ("mode", "island", "said"),
    [(Mode.FREE, False, "Frit bordvalg"), (Mode.FIXED, True, "Fast bordvalg"), (Mode.PAPER, True, "Papir")],
)
def test_the_strip_tells_the_mode_and_training(mode: Mode, island: bool, said: str) -> None:
    """How voters are served stands on the strip, on a pill where it is not the normal way; an exercise says so."""
    around = replace(screens.sample_view("da").situation, mode=mode)
    strip = shown(d.Ready(), situation=around, training=True).strip
    assert (strip.island, strip.mode, strip.training) == (island, said, "ØVELSE")
    assert shown(d.Ready(), situation=around, training=False).strip.training == ""


def test_the_strip_tells_who_is_seen_and_what_is_not_copied() -> None:
    """Each other table has its dot, the secretary a word, and entries that nobody else has are counted."""
    around = screens.sample_view("da").situation
    strip = shown(d.Ready(), situation=around).strip
    assert [(other.table, other.seen) for other in strip.tables] == [(1, True), (2, True), (4, False), (5, True)]
    assert (strip.seen, strip.secretary, strip.secretary_seen, strip.uncopied) == ("3 af 4 borde svarer", "Sekretær", True, "")
    unseen = tuple(replace(peer, seen=False) for peer in around.peers)
    strip = shown(d.Ready(), situation=replace(around, peers=unseen, uncopied=12)).strip
    assert not any(other.seen for other in strip.tables)
    assert (strip.seen, strip.secretary, strip.secretary_seen, strip.uncopied) == (
        "0 af 4 borde svarer",
        "Sekretær svarer ikke",
        False,
        "12 ikke kopieret",
    )


# --- who does not answer --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("holder", "table"), [("T5.1", 5), ("T4.1", 4), ("", 5), ("S.1", None), ("T3.1", None)])
def test_a_wait_names_who_is_silent(holder: str, table: int | None, language: Language) -> None:
    """Who does not answer is the holder of the voter's book now, whoever had it in the morning; the voter is sent there, or
    to the secretary where it is the secretary's node or everybody else."""
    around = replace(screens.sample_view(language).situation, holders=((5, holder),) if holder else ())
    content = shown(d.Waiting(replace(ANNE, book=5), EVERYTHING, silent=True), language, situation=around).content
    assert content.sign is s.Sign.WARNING
    said = re.findall(r"\d+", f"{content.headline} {content.remedy}")
    assert said == ([str(table)] * 2 if table else [])
    assert ("valgsekretæren" if language == "da" else "contact the secretary") in content.remedy.replace("Contact", "contact")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_spare_that_nobody_sees_blames_no_table(language: Language) -> None:
    """The book was given to table 4's spare card, which is in its drawer, while table 4 serves: the card is named."""
    around = replace(screens.sample_view(language).situation, holders=((5, "T4.2"),))
    content = shown(d.Waiting(replace(ANNE, book=5), EVERYTHING, silent=True), language, situation=around).content
    assert "T4.2" in content.headline


def with_locked(*devices: str, language: Language = "da", **around: object) -> Situation:
    """The samples' surroundings, with some nodes locked."""
    situation = screens.sample_view(language).situation
    peers = (replace(peer, seen=False, stance=Stance.LOCKED) if peer.device in devices else peer for peer in situation.peers)
    return replace(situation, peers=tuple(peers), **around)


@pytest.mark.parametrize(
    ("holder", "headline"),
    [("T5.1", "Bord 5 er låst"), ("S.1", "Sekretærens enhed er låst"), ("T4.1", "Bord 4 svarer ikke")],
)
def test_a_wait_says_that_who_must_answer_is_locked(holder: str, headline: str) -> None:
    """A locked holder is not called silent, and the voter is not sent there."""
    around = with_locked("T5.1", "S.1", holders=((5, holder),))
    content = shown(d.Waiting(replace(ANNE, book=5), EVERYTHING, silent=True), situation=around).content
    assert content.headline == headline
    assert ("låses op" in content.remedy) == ("låst" in headline)
    assert ("Send" in content.remedy) == ("låst" not in headline)


def test_the_strip_calls_the_secretarys_node_locked() -> None:
    """On the strip too a locked node is not called silent."""
    strip = shown(d.Ready(), situation=with_locked("S.1")).strip
    assert (strip.secretary, strip.secretary_seen) == ("Sekretær låst", False)


def test_nobody_is_sent_to_a_locked_table() -> None:
    """In island mode a voter of another table is sent there, unless it is known to be locked."""
    refused = d.Refused(Barred(RefusalReason.OTHER_TABLE, table=5), ANNE.number, ANNE)
    assert shown(refused).content.remedy == "Send vælgeren til bord 5"
    locked = shown(refused, situation=with_locked("T5.1")).content.remedy
    assert locked == "Bord 5 er låst: kontakt valgsekretæren"


def test_a_start_says_who_of_those_it_waits_for_is_locked() -> None:
    """Who is locked is named as such among those that a start waits for."""
    around = with_locked("T2.1", "T5.1", awaited=("S.1", "T1.1", "T2.1", "T5.1"))
    content = shown(d.NotReady(d.NotReadyReason.CATCHING_UP), situation=around).content
    assert content.reason == "Venter på at høre fra: Sekretær og Bord 1. Låst: Bord 2 og 5."
    content = shown(d.NotReady(d.NotReadyReason.CATCHING_UP), situation=replace(around, awaited=("T5.1",))).content
    assert content.reason == "Låst: Bord 5."


def test_who_sees_nobody_says_who_is_locked() -> None:
    """A table that sees nobody names those that are locked: it is not their cable."""
    locked = with_locked("S.1", "T1.1", "T2.1")
    assert shown(d.NotReady(d.NotReadyReason.ALONE)).content.reason == "Bordet ser ingen af de andre borde."
    content = shown(d.NotReady(d.NotReadyReason.ALONE), situation=locked).content
    assert content.reason == "Bordet ser ingen af de andre borde. Låst: Sekretær, Bord 1 og 2."


# --- the chair's overview -------------------------------------------------------------------------------------------


def overview(language: Language = "da", **around: object) -> list[s.Line]:
    """The rows of the overview in these surroundings."""
    situation = replace(screens.sample_view(language).situation, **around)
    return list(shown(d.Office(pages.Overview()), language, situation=situation).content.rows)


def test_a_card_that_its_table_has_changed_stands_with_its_own_name() -> None:
    """Table 4 goes on with its spare card: nobody may read that table 4 is off or awaited, only its old card is."""
    there = replace(screens.sample_view("da").situation, peers=screens._SPARE_IN)
    pick = shown(d.Office(pages.PickStopped()), situation=there).content
    assert [item.text for item in pick.buttons()][3:5] == ["T4.1 (tavs)", "Bord 4 (T4.2)"]
    asked = shown(d.Office(pages.AskCode(frozenset({"T4.1", "T5.1"}))), situation=there).content
    assert asked.hint.startswith("Slukket eller låst: Bord 5, Bord 4 (T4.1). ")
    forgotten = shown(d.Office(pages.AskCode(frozenset({"T5.1"}))), situation=replace(there, peers=there.peers[:5])).content
    assert forgotten.notice.endswith(": Bord 4 (T4.1)")
    assert view(situation=there).nodes({"S.1", "T4.2"}) == "Sekretær og Bord 4"
    stopping = replace(STOPPING, waits_for=("T4.1",))
    lines = shown(d.Office(pages.Piles(3)), situation=replace(there, stopping=stopping)).content.rows
    assert lines[0].name == "Bord 4 (T4.1)"


def test_the_overview_lists_the_tables_in_order_with_this_one_among_them() -> None:
    """The secretary's node comes first, then the tables by their numbers, on whichever node it is read."""
    peers = [Peer(f"T{n}.1", n, seen=True, stance=Stance.SERVING) for n in (1, 2, 10, 11)]
    lines = overview(peers=(*peers[2:], *peers[:2]), holders=tuple((n, f"T{n}.1") for n in (1, 2, 3, 10, 11)))
    assert [line.name for line in lines] == ["Bord 1", "Bord 2", "Bord 3", "Bord 10", "Bord 11"]
    assert lines[2].text == "her: Frit bordvalg"


@pytest.mark.parametrize(("language", "silent"), [("da", "Bord 4 (tavs)"), ("en", "Table 4 (silent)")])
def test_who_is_silent_is_told_and_not_ticked(language: Language, silent: str) -> None:
    """The page that asks who has stopped says beside the name who is silent, and ticks nobody."""
    content = shown(d.Office(pages.PickStopped()), language).content
    assert [item.text for item in content.buttons() if "(" in item.text] == [silent]
    assert content.chosen == ()


def test_the_secretary_is_told_of_what_nobody_knows() -> None:
    """Each voter of whose ballots nobody knows has a row; where they are many, all stand in one, by their numbers."""
    two = overview(left_open=(LeftOpen(4183, 4), LeftOpen(4184, 2)))[:2]
    assert [line.name for line in two] == ["nr. 004 183", "nr. 004 184"]
    assert two[0].text == "bord 4: ingen ved, om der er udleveret. Blev intet udleveret, så ophæv"
    (many, *_) = overview(left_open=tuple(LeftOpen(n, 4) for n in range(1, 9)))
    assert (many.name, many.wide) == ("8 vælgere", True)
    assert many.text.endswith("nr. 000 001, 000 002 og 6 til")


MARKS = (
    Undoable("T3.1-1/1", 3, THEN, BOTH, issued=True),
    Undoable("T4.1-1/1", 4, THEN, ("byraad",), issued=False),
    Undoable("S.1-1#57", 1, THEN, BOTH, issued=True, found=True),
)


def around_undo(**around: object) -> ViewContext:
    made = view()
    marks = around.pop("marks", ())
    return view(situation=replace(made.situation, may_undo=True, **around), marks=marks)


def undo(state: d.State, **around: object) -> s.Content:
    return screen(1, state, around_undo(**around)).content


def test_a_voters_marks_are_told_and_none_is_chosen() -> None:
    """Table, time and elections of each, and whether ballots were handed out; none is ticked, also where there is only one."""
    page = d.Office(pages.Marks(ANNE.number, ANNE.name))
    content = undo(page, marks=MARKS)
    assert [(line.name, line.text) for line in content.rows] == [
        ("Bord 3", "kl. 10.42, byråd og regionsråd: udleveret"),
        ("Bord 4", "kl. 10.42, byråd: udlevering ikke meldt"),
        ("Bord 1", "kl. 10.42, byråd og regionsråd: kort fundet i bundtet"),
    ]
    assert [item.touch for item in content.buttons()] == ["pick 1", "pick 2", "pick 3"]
    for marks in (MARKS, MARKS[:1]):
        assert undo(page, marks=marks).chosen == ()
    assert list(undo(page, marks=()).buttons()) == []


@pytest.mark.parametrize(
    ("target", "handed_out", "said"),
    [
        ("T3.1-1/1", True, "Ophæv bord 3 kl. 10.42, hvor der ER udleveret"),
        ("T3.1-1/1", False, "ikke længere til at ophæve"),
        ("T4.1-1/1", False, "Ophæv bord 4 kl. 10.42: I ved, at INTET blev udleveret"),
        ("S.1-1#57", True, "Ophæv kortet, der blev fundet ved bord 1 kl. 10.42"),
        ("T9.1-1/1", False, "ikke længere til at ophæve"),
    ],
)
def test_the_pin_says_what_an_undo_leads_to(target: str, handed_out: bool, said: str) -> None:
    """In one sentence, with the voter's number beside it; also where the mark has gone meanwhile, or was handed out after
    all."""
    content = undo(d.Pin(UndoMark(ANNE.number, target, handed_out)), marks=MARKS)
    assert said in content.headline
    assert content.hint.startswith(view().say("number", view().number(ANNE.number)))


def test_what_became_of_an_undo_is_told_until_it_is_touched_away() -> None:
    """On the overview, the newest first; one that is still waited for can't be touched away."""
    page = d.Office(pages.Overview())
    asked, undone = (
        Undo("1", 7, 3, "T1.1", UndoState.ASKED),
        Undo("2", 8, None, "T1.1", UndoState.UNDONE),
    )
    told = screen(1, page, around_undo(undos=(asked,)))
    content, away = told.content, told.right
    assert (content.rows[0].name, content.rows[0].text) == (
        "nr. 000 007",
        "afmærkningen fra bord 3: ophævelsen venter på bord 1",
    )
    assert away is None
    told = screen(1, page, around_undo(undos=(asked, undone)))
    content, away = told.content, told.right
    assert content.rows[0].text == "det fundne kort er ophævet"
    assert away == s.Button("pick seen", "OK, set")


def test_a_table_is_told_what_the_secretary_has_undone() -> None:
    """On its ready screen, in the place of a notice, with a button to touch it away; what was just misread comes first."""
    undone = Undo("2", 8, 3, "T1.1", UndoState.UNDONE)
    content = undo(d.Ready(), undos=(undone,))
    assert (content.notice, content.remedy) == (
        "Afmærkningen af nr. 000 008 er ophævet",
        "Vælgeren kan få stemmesedler igen.",
    )
    assert "ophævet" not in undo(d.Ready(Unreadable.CPR), undos=(undone,)).notice
    assert undo(d.Ready(), undos=(replace(undone, state=UndoState.ASKED),)).notice == ""


def test_nobody_is_promised_ballots_who_has_another_mark() -> None:
    """After the undo of one of a voter's two marks the table says where the other one stands; of several voters it says who."""
    free, marked = Undo("2", 8, 3, "T1.1", UndoState.UNDONE), Undo("3", 9, 3, "T1.1", UndoState.UNDONE, beside=(1, THEN))
    told = {
        (marked,): "Vælgeren har stadig en afmærkning: bord 1 kl. 10.42.",
        (replace(marked, beside=(0, THEN)),): "Vælgeren har stadig en afmærkning: sekretæren kl. 10.42.",
        (free, replace(free, request="4", voter=10)): "Vælgerne kan få stemmesedler igen.",
        (free, marked): "Nr. 000 009 har stadig en afmærkning. De andre kan få stemmesedler igen.",
        (marked, replace(marked, request="4", voter=10)): "Nr. 000 009 og 000 010 har stadig en afmærkning.",
        (free, replace(free, request="4")): "Vælgeren kan få stemmesedler igen.",
    }
    contents = {undos: undo(d.Ready(), undos=undos) for undos in told}
    assert {undos: content.remedy for undos, content in contents.items()} == told
    assert contents[free, marked].notice == "Afmærkningerne af nr. 000 008 og 000 009 er ophævet"
    assert contents[free, replace(free, request="4")].notice == "Afmærkningerne af nr. 000 008 er ophævet"


def test_the_pin_promises_no_ballots_to_who_has_another_mark() -> None:
    """Nor does the page before the undo, whichever of the marks is chosen."""
    for mark in MARKS:
        pin = d.Pin(UndoMark(ANNE.number, mark.target, mark.issued))
        assert "en anden afmærkning står stadig" in undo(pin, marks=MARKS).headline
        assert "vælgeren kan få stemmesedler" in undo(pin, marks=(mark,)).headline.lower()


@pytest.mark.parametrize(
    ("card", "wrong", "said"),
    [
        (None, False, "alle kort"),
        (LastCard(4182, 57, THEN), False, "alle kort oven på kort 57, nr. 004 182 (hørt her kl. 10.42)"),
        (
            LastCard(4182, 57, THEN),
            True,
            "alle kort oven på kort 57, nr. 004 182 (hørt her kl. 10.42, men uret her går forkert)",
        ),
        (LastCard(4182, 57, 0), False, "alle kort oven på kort 57, nr. 004 182"),
    ],
)
def test_which_cards_are_scanned_again_never_rests_on_the_stopped_tables_clock(
    card: LastCard | None, wrong: bool, said: str
) -> None:
    """It is told by the last card that is known, and by this node's own clock."""
    made = view(clock_wrong=wrong)
    peer = Peer("T4.1", 4, seen=False, stance=Stance.SERVING, last_ms=THEN + 7_200_000, card=card)
    stopping = Stopping(3, (peer,), (), False, (), 0)
    facts = replace(made.facts, situation=replace(made.situation, peers=(peer,), stopping=stopping))
    content = screen(1, d.Office(pages.Piles(3)), replace(made, facts=facts)).content
    assert [line.text for line in content.rows] == [said]


def test_a_large_place_is_told_by_what_is_wrong() -> None:
    """Where there are many nodes, those that stand alike share a row, the worst first, and none is left out."""
    peers = tuple(Peer(f"T{n}.1", n, seen=n not in (4, 11), stance=Stance.SERVING) for n in range(1, 26))
    holders = tuple((n, f"T{n}.1") for n in range(1, 26))
    lines = overview(me="S.1", peers=peers, holders=holders)
    assert [(line.name, line.text, line.tone) for line in lines] == [
        ("2 enheder", "svarer ikke: Bord 4 og 11", s.Tone.BAD),
        ("23 enheder", "betjener vælgere: Bord 1–3, 5–10 og 12–25", s.Tone.GOOD),
    ]
    assert all(line.wide for line in lines)


def test_the_overview_says_what_is_wrong_with_each_node() -> None:
    """Who is locked, who hears nobody, whose clock was wrong when it was heard last; and that nobody hears this node."""
    peers = (
        Peer("T1.1", 1, seen=False, stance=Stance.LOCKED, last_ms=THEN),
        Peer("T2.1", 2, seen=True, stance=Stance.NOT_READY, deaf=True),
        Peer("T4.1", 4, seen=False, stance=Stance.SERVING, last_ms=THEN, clock_off=True),
    )
    holders = tuple((n, f"T{n}.1") for n in (1, 2, 3, 4))
    assert [(line.text, line.tone) for line in overview(peers=peers, holders=holders, unheard=True)] == [
        ("låst", s.Tone.OFF),
        ("ikke klar, hører ikke de andre", s.Tone.WAIT),
        ("her: de andre hører os ikke: tjek kablet", s.Tone.BAD),
        ("svarer ikke (sidst 10.42), uret går forkert", s.Tone.BAD),
    ]


def test_a_large_place_tells_locked_from_silent() -> None:
    """Those that are locked have a row of their own, and so has who was silent with a wrong clock."""
    peers = [Peer(f"T{n}.1", n, seen=n > 5, stance=Stance.SERVING if n > 2 else Stance.LOCKED) for n in range(1, 26)]
    peers[4] = replace(peers[4], clock_off=True)
    holders = tuple((n, f"T{n}.1") for n in range(1, 26))
    assert [(line.name, line.text) for line in overview(me="S.1", peers=tuple(peers), holders=holders)] == [
        ("2 enheder", "svarer ikke: Bord 3 og 4"),
        ("Bord 5", "svarer ikke, uret går forkert"),
        ("2 enheder", "låst: Bord 1 og 2"),
        ("20 enheder", "betjener vælgere: Bord 6–25"),
    ]


def test_every_conflict_is_told() -> None:
    """Up to two conflicts have a row each with tables and times; of more, the first has one and the others their numbers."""
    many = tuple(Conflict(n, ((4, THEN), (0, THEN))) for n in range(1, 13))
    two = [line for line in overview(conflicts=many[:2]) if line.wide]
    assert [(line.name, line.text) for line in two] == [
        (f"nr. 000 00{n}", "KONFLIKT: bord 4 kl. 10.42 og sekretæren kl. 10.42") for n in (1, 2)
    ]
    rows = [line for line in overview(conflicts=many) if line.wide]
    assert [line.name for line in rows] == ["nr. 000 001", "også"]
    assert rows[1].text == "KONFLIKT: nr. 000 002, 000 003, 000 004, 000 005, 000 006, 000 007 og 5 til"


def test_the_overview_says_whom_a_node_waits_for() -> None:
    """After a start the secretary's node too says from whom it must hear, also where that one is seen."""
    situation = replace(screens.sample_view("da").situation, awaited=("T3.1",), member=False)
    content = shown(d.Office(pages.Overview()), situation=situation).content
    assert isinstance(content, s.Sheet)
    assert content.said() == "Venter på at høre fra: Bord 3."


@pytest.mark.parametrize("language", LANGUAGES)
def test_refused_evidence_is_told_in_the_clerks_language(language: Language) -> None:
    """Each kind of refused evidence has words and the code N1."""
    refused = (
        RejectedMessage("T5.1", RejectionReason.FORGED),
        RejectedMessage("T2.1", RejectionReason.FORKED),
        RejectedMessage("T77.1", RejectionReason.STRANGER),
        RejectedMessage("T1.1", RejectionReason.MALFORMED),
        RejectedMessage("T3.1", RejectionReason.REVOKED),
        RejectedMessage("T4.1", RejectionReason.OTHER_LIST),
        RejectedMessage("T5.1", RejectionReason.FLOODING),
        RejectedMessage("T6.1", RejectionReason.PACE),
    )
    rows = [line for half in (refused[:4], refused[4:]) for line in overview(language, refused=half) if line.wide]
    assert [(line.name, line.text) for line in rows[1:3]] == [
        ("Bord 2" if language == "da" else "Table 2", text("refused_forked", language)),
        ("T77.1", text("refused_stranger", language)),
    ]
    assert {line.text for line in rows} == {text(f"refused_{why}", language) for why in RejectionReason}
    assert all("N1" in line.text for line in rows)
    assert "forged" not in words(shown(d.Office(pages.Overview()), language))
    *told, more = [line for line in overview(language, refused=refused) if line.wide]
    assert [line.text for line in told] == [line.text for line in rows[:5]]
    assert more.text == text("refused_more", language, "T4.1, T5.1, T6.1")


def test_the_overview_of_a_large_place_is_short() -> None:
    """Several kinds of refusals have one row, a moved list is told at whose it is, and the strip tells of this node."""
    rows = overview(**{name: getattr(screens._LARGE, name) for name in ("me", "peers", "holders", "refused")})
    assert [(line.name, line.text) for line in rows] == [
        ("N1", "afvist af flere grunde: Bord 2, 5 og 12"),
        ("Bord 4", "svarer ikke, listen føres af sekretæren"),
        ("2 enheder", "svarer ikke: Bord 11 og 17"),
        ("Bord 20", "betjener vælgere, uret går forkert"),
        ("Bord 9", "lukket"),
        ("20 enheder", "betjener vælgere: Bord 1–3, 5–8, 10, 12–16, 18, 19 og 21–25"),
    ]


@pytest.mark.parametrize(
    ("number", "digits", "said"), [(4182, 6, "004 182"), (7, 4, "0 007"), (1234567, 6, "1 234 567"), (5, 1, "5")]
)
def test_voter_numbers_in_groups(number: int, digits: int, said: str) -> None:
    """A voter number stands as on the card, in groups of three."""
    assert view(voter_digits=digits).number(number) == said


@pytest.mark.parametrize(
    ("display", "stance", "words"),
    [
        (Display.HANGS, Stance.SERVING, ("skærmen svarer ikke", "its screen does not answer")),
        (Display.NONE, Stance.SERVING, ("ingen skærm", "no screen")),
        (Display.HANGS, Stance.ISLAND, ("fast bordvalg, skærmen svarer ikke", "fixed table, its screen does not answer")),
        (Display.NONE, Stance.LOCKED, ("låst, ingen skærm", "locked, no screen")),
    ],
)
def test_a_table_whose_clerk_sees_nothing_is_red(display: Display, stance: Stance, words: tuple[str, str]) -> None:
    """It serves nobody, whatever its node does; one that is not seen at all is no more than that."""
    peer = Peer("T1.1", 1, seen=True, stance=stance, display=display)
    holders = ((1, "T1.1"), (3, "T3.1"))
    for language, expected in zip(LANGUAGES, words, strict=True):
        line = overview(language, peers=(peer,), holders=holders)[0]
        assert (line.text, line.tone) == (expected, s.Tone.BAD)
        silent = overview(language, peers=(replace(peer, seen=False),), holders=holders)[0]
        assert expected not in silent.text


# --- the chair's codes ----------------------------------------------------------------------------------------------


def page(shown_page: pages.Page, language: Language = "da", **around: object) -> s.Screen:
    """A page of the chair's in these surroundings."""
    situation = replace(screens.sample_view(language).situation, **around)
    return shown(d.Office(shown_page), language, situation=situation)


def notice(nodes: set[str], **around: object) -> str:
    content = page(pages.AskCode(frozenset(nodes)), **around).content
    assert isinstance(content, s.Typing)
    return content.notice


KEYS = sorted(CATALOGUES["da"].texts)
ELSEWHERE = r"sheet_|paper_|month_|clear$|rows_|no_link|stopped"
"""What is said on paper, in birth dates, and by the display itself."""


def test_every_text_is_said_on_some_screen() -> None:
    """A text that no screen says any more is found here, and so is one that no sample shows."""
    colours = shown(d.Green(ANNE, Eligible(tuple(election.id for election in DAY), {})), elections=DAY)
    since = replace(STOPPING, stopped=(replace(STOPPED, card=LastCard(4182, 57, THEN)),))
    wrong_clock = view(clock_wrong=True, situation=replace(view().situation, stopping=since))
    seen = [*screens.samples("da").values(), *map(shown, STATES), colours, screen(1, d.Office(pages.Piles(3)), wrong_clock)]
    said = [part for one in seen for part in re.findall(r'"((?:[^"\\]|\\.)*)"', words(one))]
    whole = "\n".join(said).lower()
    danish = {key: text(key, "da") for key in KEYS if not re.match(ELSEWHERE, key)}
    silent = [key for key, words_ in danish.items() if not re.search(pattern_of(words_), whole)]
    assert silent == []


def pattern_of(danish: str) -> str:
    """What a text looks like with its fields filled in."""
    return r"[^\n]*".join(re.escape(part) for part in re.split(r"\{\d?\}", danish.lower()))


@pytest.mark.parametrize("key", KEYS)
def test_the_screens_have_no_books_and_seals(key: str) -> None:
    """What the code calls a book is a table's list on the screen; nobody here need know of registers, runs or views."""
    danish, english = (text(key, language) for language in LANGUAGES)
    assert not re.search(r"\b(bog|bogen|bøger|stak|stakken|register|kørsel)", danish.lower())
    assert not re.search(r"\b(book|books|pile|register|seal|seize|run|view)\b", english.lower())


def test_the_code_is_asked_for_by_its_number_and_keyed_as_it_is_printed() -> None:
    """The next code's number is the question; the pad takes a whole code, in the groups of the paper."""
    content = page(pages.AskCode(frozenset({"T4.1"})), last_code=2).content
    assert isinstance(content, s.Typing)
    code = spell(3, "1" * 26)
    assert (content.headline, content.digits, content.groups) == ("Skan kode 3", len(code), GROUPS)
    (pad,) = entry.fields(content)
    assert entry.shown(content, entry.TypedInput({"pad": code}), pad) == " ".join(grouped(code))
    touch = s.Touch(1, "number", {"pad": code})
    assert s.decode_answer(s.encode(touch)) == touch
    reserve = page(pages.AskCode(frozenset()), last_code=20).content
    assert (reserve.headline, "reservearket" in reserve.hint) == ("Skan kode 21", True)
    assert page(pages.AskCode(frozenset()), last_code=40).content.headline == "Alle koder er brugt"


def test_what_speaks_against_a_code_is_told_before_it_is_used() -> None:
    """Who is ticked and answers, and who is silent and is not ticked: then the code would be lost."""
    assert notice({"T4.1"}) == ""
    assert notice({"T4.1", "T5.1"}) == "Svarer endnu: Bord 5. Er det slukket eller låst?"
    assert notice(set()) == "Svarer ikke, og er ikke krydset af: Bord 4"


@pytest.mark.parametrize(
    ("slip", "n", "said"),
    [
        (pages.CodeSlip.USED, 1, "Kode 1 gælder ikke mere. Tag kode 3."),
        (pages.CodeSlip.SKIPPED, 5, "Her er kode 3 den næste. Er den brugt ved et andet bord, så skan kode 5 igen."),
        (
            pages.CodeSlip.RESERVE,
            21,
            "Kode 21 er reservearkets: så gælder 3–20 ikke mere. Skan den igen, hvis formandens ark er væk.",
        ),
        (CodeMisread.CHECK_DIGITS, 0, "Et ciffer er forkert. Prøv igen."),
        (CodeMisread.OTHER_SHEET, 0, "Koden er fra et andet ark. Find ark a1b2c3 fra den seneste klargøring."),
    ],
)
def test_what_is_wrong_with_a_code_is_told(slip: pages.CodeSlip | CodeMisread, n: int, said: str) -> None:
    """And which one to take."""
    content = page(pages.AskCode(frozenset({"T4.1"}), slip, n)).content
    assert isinstance(content, s.Typing)
    assert content.notice == said


def test_the_last_of_the_chairs_codes_is_no_row() -> None:
    """Where only code 20 would be lost, it stands alone."""
    content = page(pages.AskCode(frozenset(), pages.CodeSlip.RESERVE, 21), last_code=19).content
    assert content.notice.startswith("Kode 21 er reservearkets: så gælder 20 ikke mere.")


STOPPED = Peer("T4.1", 4, seen=False, stance=Stance.SERVING)
STOPPING = Stopping(3, (STOPPED,), (), False, (), 0)


def test_the_page_of_a_stop_names_who_is_waited_for() -> None:
    """Who is silent, locked, or has just not answered yet: each with what helps."""
    peers = (
        STOPPED,
        Peer("T1.1", 1, seen=False, stance=Stance.SERVING),
        Peer("T2.1", 2, seen=False, stance=Stance.LOCKED),
        Peer("T5.1", 5, seen=True, stance=Stance.SERVING),
    )
    stopping = replace(STOPPING, waits_for=("T1.1", "T2.1", "T5.1"))
    seen = page(pages.Piles(3), peers=peers, stopping=stopping)
    assert isinstance(seen.content, s.Sheet)
    assert [(line.name, line.text, line.tone) for line in seen.content.rows[:3]] == [
        ("Bord 1", "svarer ikke: tjek strøm og kabel, eller sluk det og brug næste kode", s.Tone.BAD),
        ("Bord 2", "er låst: lås op, eller brug næste kode", s.Tone.BAD),
        ("Bord 5", "har ikke svaret endnu", s.Tone.WAIT),
    ]
    assert seen.right is None
    assert page(pages.Piles(3), stopping=STOPPING).right == s.Button("go", "Alle kort er skannet: overtag")


def test_the_last_card_of_a_pile_is_told() -> None:
    """Also where it was known and the count stays; what could not be read is no card that was scanned."""
    counted = page(pages.Piles(3, pile="T4.1", last=ANNE.number), stopping=STOPPING).content
    assert isinstance(counted, s.Sheet)
    assert (counted.said(s.Tone.WAIT), counted.said(s.Tone.BAD)) == ("Nr. 004 182 er med. Skannet: 0", "")
    misread = page(pages.Piles(3, pile="T4.1", misread=True), stopping=STOPPING).content
    assert isinstance(misread, s.Sheet)
    assert (misread.said(s.Tone.WAIT), misread.said(s.Tone.BAD)) == ("Skannet: 0", "Det er ikke et valgkort herfra. Prøv igen.")


def test_what_came_of_a_stop_is_true() -> None:
    """Moved only where this node's view counts; else where the code that counts was used, or that none was."""
    here = tuple((n, "T3.1" if n == 4 else f"T{n}.1") for n in range(1, 6))
    moved = page(pages.Piles(3), viewed=3, taken=(4,)).content
    assert (moved.headline, "bord 4" in moved.said()) == ("Flyttet hertil", True)
    own = page(pages.Piles(3), viewed=3, taken=(3,)).content
    assert (own.headline, own.said()) == ("Flyttet hertil", "Her føres nu bordets egen liste.")
    kept = page(pages.Piles(3), viewed=3, kept=("T4.1",)).content
    assert (kept.headline, kept.said().partition(".")[0]) == ("Kode 3 er gjort færdig", "Bord 4 har stadig en liste")
    assert page(pages.Piles(3), viewed=3).content.headline == "Kode 3 er gjort færdig"
    taken = page(pages.Piles(3), holders=here, elsewhere=Elsewhere(4, "T2.1", ("T4.1",), finished=True)).content
    assert (taken.headline, taken.said(s.Tone.BAD)) == ("Her er intet flyttet", "Kode 4 er brugt ved bord 2: gå derhen.")
    lost = page(pages.Piles(3), holders=here, elsewhere=Elsewhere(4, "T2.1", (), finished=False, lost=True)).content
    assert (lost.headline, lost.said(s.Tone.BAD)) == (
        "Her er intet flyttet",
        "Kode 4 blev ikke gjort færdig: brug næste kode, og sæt kryds igen.",
    )
    assert page(pages.Piles(3), viewed=2).content.headline == "Her er intet flyttet"


def test_a_code_that_is_not_finished_is_told_everywhere() -> None:
    """On the overview of every node, with where it goes on; and on the ready screen of the table that has to."""
    here = page(pages.Overview(), stopping=STOPPING)
    assert [(line.name, line.text) for line in here.content.rows][:1] == [("Kode 3", "ikke gjort færdig her")]
    assert here.content.buttons()[0] == s.Button("pick stop", "Fortsæt med kode 3")
    around = replace(screens.sample_view("da").situation, stopping=STOPPING)
    assert shown(d.Ready(), situation=around).strip.warnings == ("Kode 3 er ikke gjort færdig: se Overblik",)
    there = Elsewhere(3, "T2.1", ("T4.1",), finished=False)
    line = overview(elsewhere=there)[0]
    assert line.text == "i gang ved Bord 2 (slukket eller låst: Bord 4). Svarer Bord 2 ikke, så brug næste kode"
    assert overview(elsewhere=replace(there, finished=True))[0].name == "Sekretær"
    lost = overview(elsewhere=replace(there, device="T3.1"))[0]
    assert lost.text == "blev ikke gjort færdig: brug næste kode, og sæt kryds igen"


def test_whose_list_is_where_is_told_by_table() -> None:
    """Who keeps another's list, whose own is elsewhere, and whose is still with a card that was replaced."""
    lines = {
        line.name: line.text for line in overview(holders=((1, "T2.1"), (2, "T2.1"), (3, "T3.1"), (4, "T4.2"), (5, "T5.1")))
    }
    assert lines["Bord 1"] == "betjener vælgere, listen føres af bord 2"
    assert lines["Bord 2"] == "betjener vælgere, fører også listen for bord 1"
    assert lines["Bord 4"] == "svarer ikke (sidst 09.14), listen er hos SD-kortet T4.2"
    assert (lines["Bord 5"], lines["Sekretær"]) == ("betjener vælgere", "er med")


def test_after_a_power_cut_everywhere_the_overview_leads_to_the_code() -> None:
    """Nobody is a member: the screens say so, and what opens the poll again; not that tables are silent which answer."""
    peers = tuple(replace(peer, member=False) for peer in screens.sample_view("da").situation.peers)
    around = {"peers": peers, "member": False, "cold": True, "awaited": ("T4.1",)}
    content = page(pages.Overview(), **around).content
    assert isinstance(content, s.Sheet)
    assert "åbner formanden igen med næste kode" in content.said()
    assert [item.text for item in content.buttons()] == ["Åbn igen efter strømsvigt", "Giv en liste videre"]
    waiting = d.Waiting(replace(ANNE, book=5), EVERYTHING, silent=True)
    cold = shown(waiting, situation=replace(screens.sample_view("da").situation, **around)).content
    assert cold.headline == "Ingen af bordene kan svare endnu"


def waits(**around: object) -> s.Message:
    """What a table shows that waits for a voter of book 5."""
    situation = replace(screens.sample_view("da").situation, **around)
    content = shown(d.Waiting(replace(ANNE, book=5), EVERYTHING, silent=True), situation=situation).content
    assert s.shows(content, s.Kind.WAITING)
    return content


def test_a_holder_that_can_not_answer_yet_is_not_called_silent() -> None:
    """It has just started, here or there; or the chair is moving its list: nobody is sent there."""
    peers = screens.sample_view("da").situation.peers
    joining = waits(peers=(*peers[:4], replace(peers[4], member=False)))
    assert joining.headline == "Bord 5 er lige startet og kan ikke svare endnu"
    here = waits(holders=((5, "T3.1"),), member=False, awaited=("T4.1",))
    assert here.remedy.startswith("Venter på at høre fra: Bord 4.")
    for moved in (
        waits(elsewhere=Elsewhere(3, "T2.1", ("T5.1",), finished=False)),
        waits(stopping=replace(STOPPING, stopped=(peers[4],))),
    ):
        assert moved.headline == "Bord 5's liste er ved at blive flyttet"
    assert waits(elsewhere=Elsewhere(3, "T2.1", ("T5.1",), finished=True)).headline == "Bord 5 svarer ikke"


def test_a_stop_begun_anew_says_what_is_to_be_ticked_again() -> None:
    """The next code names all: whoever is named by the one that is given up, too."""
    content = page(pages.PickStopped(), stopping=STOPPING).content
    assert isinstance(content, s.Sheet)
    assert content.said() == "Kode 3 bliver ikke gjort færdig. Sæt kryds igen, også ved: Bord 4"
    assert content.chosen == ()


# --- what is asked ----------------------------------------------------------------------------------------------------


UNDONE = Undo("2", 8, 3, "T1.1", UndoState.UNDONE)


@pytest.mark.parametrize(
    ("page", "before", "after"),
    [
        (pages.Overview(), {"conflicts": ()}, {"conflicts": (Conflict(7, ((3, THEN), (4, THEN))),)}),
        (pages.Overview(), {"undos": (replace(UNDONE, state=UndoState.ASKED),)}, {"undos": ()}),
        (pages.PickStopped(), {"elsewhere": None}, {"elsewhere": Elsewhere(4, "T5.1", (), False, False)}),
        (
            pages.Piles(4),
            {"stopping": replace(STOPPING, waits_for=("T5.1",))},
            {"stopping": replace(STOPPING, waits_for=("T6.1",))},
        ),
    ],
)
def test_what_a_page_only_tells_asks_nothing_else(page: pages.Page, before: Around, after: Around) -> None:
    """Its words change under a finger, and the touch counts."""
    assert asks(page, **before) == asks(page, **after)


@pytest.mark.parametrize(
    ("page", "before", "after"),
    [
        (pages.Overview(), {"undos": (UNDONE,)}, {"undos": (replace(UNDONE, request="3"),)}),
        (pages.Overview(), {"may_undo": True}, {"may_undo": False}),
        (pages.Marks(7), {"marks": MARKS[:2]}, {"marks": MARKS[1:]}),
        (pages.Marks(7), {"marks": MARKS[:1]}, {"marks": (replace(MARKS[0], issued=not MARKS[0].issued),)}),
        (pages.Piles(3), {"stopping": STOPPING}, {"stopping": replace(STOPPING, unproved=(Unproved("T4.1", 7),))}),
        (pages.Piles(3), {"stopping": STOPPING}, {"stopping": replace(STOPPING, n=5)}),
        (pages.PickExcused(), {"excusable": ("T4.1",)}, {"excusable": ("T4.1", "T5.1")}),
    ],
)
def test_what_a_touch_is_about_is_asked(page: pages.Page, before: Around, after: Around) -> None:
    """The same buttons would mean something else than what was read: the touch does not count."""
    assert asks(page, **before) != asks(page, **after)


@pytest.mark.parametrize(
    ("page", "other"),
    [
        (pages.PickHeir(3), pages.PickHeir(4)),
        (pages.PickStopped(), pages.PickStopped(frozenset({"T4.1"}))),
        (pages.Marks(7), pages.Marks(8)),
        (pages.Overview(), pages.PickBook()),
    ],
)
def test_another_page_asks_something_else(page: pages.Page, other: pages.Page) -> None:
    """Or the same page about something else, or with something else chosen."""
    assert asks(page) != asks(other)


def test_a_screen_without_a_page_asks_all_that_it_says() -> None:
    """A voter's screen, a refusal and the like: a word that has changed makes it another question."""
    states = [state for state in STATES if not isinstance(state, d.Office)]
    drawn = {screen(1, state, view()) for state in states}
    assert len({asked(one, d.Closed(), view()) for one in drawn}) == len({(one.content, one.left, one.right) for one in drawn})


def asks(page: pages.Page, **around: object) -> object:
    """What a page asks in these circumstances."""
    made = view()
    marks = around.pop("marks", ())
    made = view(situation=replace(made.situation, **around), marks=marks)
    return asked(screen(1, d.Office(page), made), d.Office(page), made)
