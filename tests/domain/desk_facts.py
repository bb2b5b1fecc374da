"""What the stories of the desk and of its pages share: all that may come in, all states, and how things may stand."""

from dataclasses import replace
from datetime import date

from domain_facts import ANNE, BENT, BOTH, EVERYTHING, KEYED, ONE, OPEN, facing

from kiosk.domain import desk, pages
from kiosk.domain import desk_states as d
from kiosk.domain.cards import Unreadable
from kiosk.domain.chair_actions import (
    BeginIsland,
    CloseTable,
    ExcuseDevices,
    GiveBook,
    LockNode,
    ReleaseVoter,
    ReopenTable,
    UndoMark,
    UnlockNode,
    WhyNot,
)
from kiosk.domain.codetext import CodeMisread
from kiosk.domain.eligibility import Barred, Mark, RefusalReason
from kiosk.domain.entries import How, Source
from kiosk.domain.messages import Stance
from kiosk.domain.nodes import table_of
from kiosk.domain.situation import Peer, Situation, Stopping, Undo, Undoable, UndoState

MARKED = Barred(RefusalReason.ALREADY_MARKED, Mark(BOTH, 4, 0))
ELSEWHERE = d.Turned(Barred(RefusalReason.OTHER_PLACE, place="Vestre Skole"), None, None)
UNKNOWN = d.Turned(Barred(RefusalReason.NOT_ON_LIST), 4999, None)
ANNES = d.Found(ANNE, EVERYTHING, Source.CARD)
ANNE_TWICE_WRONG = replace(ANNES, wrong=2)
ANNE_REFERRED = replace(ANNES, wrong=3, referred=True)
BENTS = d.Found(BENT, ONE, Source.CARD)
BENT_REFERRED = d.Found(BENT, ONE, Source.KEYED, referred=True)
BENT_TURNED = d.Turned(MARKED, BENT.number, BENT)
STRAY = d.Misread(Unreadable.NOT_A_CARD)
ASKED = d.Unfinished(ANNE, BOTH, 0)
WRONG = date(1968, 9, 15)

ACTIONS = (
    CloseTable(),
    ReopenTable(),
    ReleaseVoter(ANNE.number),
    BeginIsland(),
    LockNode(),
    UnlockNode(),
    GiveBook(1, "T2.1"),
    UndoMark(ANNE.number, "T2.1-1/1", handed_out=True),
    ExcuseDevices(frozenset({"T4.1"})),
)
ITEMS = ("undo", "seen", "stop", "give", "excuse", "1", "4", "T2.1", "T4.1", "again", "key", "nonsense")
WORDS = (
    *(f"pick {item}" for item in ITEMS),
    *("go", "cancel", "menu", "overview", "language", "number", "open_poll"),
    *(action.word for action in ACTIONS),
)
SCANS = [
    ANNES,
    ANNE_TWICE_WRONG,
    ANNE_REFERRED,
    BENTS,
    BENT_REFERRED,
    d.Turned(MARKED, ANNE.number, ANNE),
    BENT_TURNED,
    UNKNOWN,
    ELSEWHERE,
    STRAY,
    d.Misread(Unreadable.CPR),
]
TOUCHES = [
    *(d.Approve(how) for how in How),
    d.Approve(How.SPOKEN, ANNE.born),
    d.Approve(How.WRITTEN, BENT.born),
    d.Approve(How.SHOWN, WRONG),
    d.Answer(True),
    d.Answer(False),
    d.Answer(None),
    d.Type(),
    d.Cancel(),
    d.Noted(),
    d.OpenMenu(),
    *(d.Pick(word) for word in WORDS),
    *(d.CodeGiven(code) for code in (2, 3, 4, 21, *CodeMisread)),
    *(d.AskChair(action.word) for action in ACTIONS),
    d.AskChair("open_poll"),
    d.PinGiven(True),
    d.PinGiven(False),
    d.PinGiven(False, paused=True),
]
EVENTS = [d.Granted(), d.Denied(MARKED), d.Waited(), d.Silent(), d.GreenDrawn(), ASKED, d.Changed(), d.TimeUp()]
EVENTS += [d.NotDoneSince(why) for why in WhyNot]
INPUTS = [*SCANS, *TOUCHES, *EVENTS]

OTHERS = [None, BENTS, BENT_TURNED, STRAY]
PADS = ((False, False), (True, False), (False, True))


PEERS = tuple(
    Peer(device, table_of(device), seen=device != "T4.1", stance=Stance.SERVING) for device in ("S.1", "T2.1", "T4.1")
)
STOPPING = Stopping(3, PEERS[2:], (), False, (), 0)
MARKS = (Undoable("T2.1-1/1", 2, 0, BOTH, issued=True), Undoable("S.1-1#7", 4, 0, BOTH, issued=True, found=True))
AROUND = Situation(
    "T1.1",
    PEERS,
    mine=(1,),
    awaited=("T4.1",),
    excusable=("T4.1",),
    may_stop=True,
    may_undo=True,
    may_island=True,
    last_code=2,
    undos=(Undo("1", ANNE.number, 2, "T2.1", UndoState.UNDONE),),
)
BEGUN = replace(AROUND, stopping=STOPPING, last_code=3)
BEFORE = replace(AROUND, poll_open=False, last_code=0)
PAGES = [
    pages.Overview(),
    pages.Menu(),
    pages.FindMark(),
    pages.FindMark(misread=True),
    pages.Marks(ANNE.number, ANNE.name),
    pages.PickBook(),
    pages.PickHeir(4),
    pages.PickStopped(),
    pages.PickStopped(frozenset({"T4.1", "T4.2"})),
    pages.PickExcused(),
    pages.PickExcused(frozenset({"T4.1"})),
    pages.AskCode(frozenset({"T4.1"})),
    pages.AskCode(frozenset(), pages.CodeSlip.SKIPPED, 4),
    pages.AskCode(frozenset(), CodeMisread.CHECK_DIGITS),
    pages.Piles(3),
    pages.Piles(3, opens=True),
    pages.Piles(3, pile="T4.1", last=4182),
    pages.KeyCard(pages.Piles(3, pile="T4.1")),
    pages.KeyCard(pages.Piles(3, pile="T4.1"), misread=True),
    *(pages.NotDone(why) for why in WhyNot),
]
STATES = [
    *(d.NotReady(lack) for lack in d.NotReadyReason if lack is not d.NotReadyReason.CLOSED),
    d.Ready(),
    d.Ready(Unreadable.CPR),
    d.Typing(),
    d.Typing(Unreadable.CHECK_DIGITS),
    *(d.VoterShown(ANNE, EVERYTHING, Source.CARD, other) for other in OTHERS),
    *(d.BirthDate(ANNE, EVERYTHING, Source.KEYED, wrong, other) for wrong in range(3) for other in OTHERS),
    *(d.Waiting(ANNE, EVERYTHING, silent, other) for silent in (False, True) for other in OTHERS),
    d.Green(ANNE, EVERYTHING),
    d.Green(ANNE, ONE, drawn=True),
    d.Refused(MARKED, ANNE.number, ANNE),
    d.Refused(UNKNOWN.barred, 4999, None),
    d.Refused(ELSEWHERE.barred, None, None),
    d.Referred(ANNE),
    d.Unresolved(ASKED),
    d.Unresolved(ASKED, other=True),
    d.Closed(),
    d.Locked(),
    *(d.Office(page) for page in PAGES),
    *(d.Pin(action, wrong, paused) for action in ACTIONS for wrong, paused in PADS),
]
RULES = [
    *(facing(base, lack=lack) for base in (OPEN, KEYED) for lack in (None, *d.NotReadyReason)),
    *(facing(OPEN, situation=around, marks=MARKS) for around in (AROUND, BEGUN, replace(AROUND, viewed=3))),
    facing(OPEN, situation=BEFORE, lack=d.NotReadyReason.POLL_NOT_OPENED),
    facing(OPEN, situation=AROUND, office=True),
    facing(OPEN, situation=AROUND, locked=True),
]


def walked(state: d.State, *inputs: d.Input, rules: d.Rules = OPEN) -> tuple[d.State, tuple[d.Effect, ...]]:
    effects: tuple[d.Effect, ...] = ()
    for given_ in inputs:
        state, effects = desk.step(state, given_, rules)
    return state, effects
