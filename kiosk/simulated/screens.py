"""One screen of every kind, with the longest names, made by the real view: for pictures, layout checks and the README."""

from dataclasses import replace
from datetime import UTC, date
from typing import Any

from kiosk.domain import desk_states as d
from kiosk.domain import pages, view
from kiosk.domain.ballots import Colour, Election
from kiosk.domain.cards import Unreadable
from kiosk.domain.chain import RejectionReason
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
from kiosk.domain.eligibility import Barred, Eligible, Mark, RefusalReason, Withheld
from kiosk.domain.entries import Source
from kiosk.domain.facts import Facts, NotReadyReason
from kiosk.domain.messages import Display, Stance
from kiosk.domain.screens import Screen
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
from kiosk.domain.texts import Language
from kiosk.domain.voters import Voter

_VOTER = Voter(
    number=4182,
    name="Anne-Grethe Ærøskøbing Christensen-Vestergaard af Rosenborg",
    address="Professor Sophus Bugges Allé 112, 3. tv., c/o Frederiksen-Østerbye, 2100 København Ø",
    born=date(1968, 9, 14),
    book=3,
    elections=("byraad", "region"),
)
_RUN = "T3.1-5f2c91ab01c2d3e4"
_MORNING_MS = 33_240_000  # 09.14
_BOTH = Eligible(("byraad", "region"), {})
_ONE = Eligible(("byraad",), {"region": Withheld.POSTAL_VOTE})
_OTHER = d.Found(replace(_VOTER, number=4183), _BOTH, Source.CARD)


_PEERS = (
    Peer("S.1", None, seen=True, stance=Stance.SERVING, last_ms=_MORNING_MS),
    *(Peer(f"T{n}.1", n, seen=n != 4, stance=Stance.SERVING, last_ms=_MORNING_MS) for n in (1, 2, 4, 5)),
)
_AROUND = Situation(
    me="T3.1",
    peers=_PEERS,
    holders=tuple((n, f"T{n}.1") for n in (1, 2, 3, 4, 5)),
    mine=(3,),
    may_stop=True,
    last_code=2,
)


def sample_view(language: Language) -> view.ViewContext:
    """The circumstances of the samples: an exercise at table 3."""
    return view.ViewContext(
        language=language,
        place="Hovedbiblioteket",
        table=3,
        training=True,
        sounds=False,
        elections=(
            Election("byraad", "byråd", {"en": "council"}, Colour.WHITE),
            Election("region", "regionsråd", {"en": "region"}, Colour.YELLOW),
        ),
        zone=UTC,
        voter_digits=6,
        card_digits=12,
        tries=3,
        facts=Facts(_AROUND),
        served=168,
        sheet="a1b2c3",
    )


_TARGET, _NOT_ISSUED, _CARD = f"{_RUN}/1", f"{_RUN}/2", f"{_RUN}#57"
_MARKS = (
    Undoable(_TARGET, 3, _MORNING_MS, ("byraad", "region"), issued=True),
    Undoable(_NOT_ISSUED, 4, _MORNING_MS, ("byraad", "region"), issued=False),
    Undoable(_CARD, 12, _MORNING_MS, ("byraad", "region"), issued=True, found=True),
)
_UNDOS = (
    Undo("1", 4181, 3, "T1.1", UndoState.UNDONE),
    Undo("2", 4182, 4, "T12.1", UndoState.OVERTAKEN),
    Undo("3", 4183, None, "T12.1", UndoState.REFUSED),
    Undo("4", 4184, 12, "T12.1", UndoState.ASKED),
)
_UNDONE_SOME = tuple(
    replace(undo, state=UndoState.UNDONE, beside=(12, _MORNING_MS) if undo.voter != 4181 else None) for undo in _UNDOS[:3]
)
_UNDOING = Facts(replace(_AROUND, may_undo=True), marks=_MARKS)


def _undo(target: str) -> d.Pin:
    return d.Pin(UndoMark(4182, target, any(mark.issued for mark in _MARKS if mark.target == target)))


_STOPPING = Stopping(
    n=3,
    stopped=(
        Peer("T4.1", 4, seen=False, stance=Stance.SERVING, card=LastCard(4182, 1057, _MORNING_MS)),
        Peer("T5.1", 5, False, Stance.LOCKED),
    ),
    waits_for=("T2.1",),
    fetching=True,
    fetching_from=("T1.1",),
    unproved=(Unproved("T4.1", 4191), Unproved("T4.1", 4207)),
    scanned=3,
)
_ALL_HEARD = replace(_STOPPING, waits_for=(), fetching=False, fetching_from=())
_READY_TO_TAKE = replace(_ALL_HEARD, unproved=())
_BEFORE = replace(_AROUND, poll_open=False, last_code=0, holders=_AROUND.holders, mine=())
"""The morning: the poll is not open."""
_ALONE = replace(_AROUND, peers=())
_OPENING = replace(_STOPPING, n=1, stopped=(), unproved=(), scanned=0, opens=True)
_TROUBLED = replace(
    _AROUND,
    mode=Mode.FIXED,
    uncopied=12,
    peers=tuple(replace(peer, seen=False) if peer.device == "S.1" else peer for peer in _PEERS),
)
_CUT_OFF = replace(_AROUND, mode=Mode.PAPER, peers=tuple(replace(peer, seen=False) for peer in _PEERS))
_AT_SECRETARY = replace(
    _AROUND,
    me="S.1",
    peers=tuple(Peer(f"T{n}.1", n, seen=n != 4, stance=Stance.SERVING, last_ms=_MORNING_MS) for n in range(1, 9)),
    holders=tuple((n, f"T{n}.1") for n in range(1, 9)),
    mine=(),
    may_undo=True,
)
_EVERYBODY = tuple(f"T{n}.1" for n in range(1, 26))
_LARGE = replace(
    _AROUND,
    me="S.1",
    peers=tuple(
        Peer(device, n, n not in (4, 11, 17), Stance.CLOSED if n == 9 else Stance.SERVING, _MORNING_MS, clock_off=n == 20)
        for n, device in enumerate(_EVERYBODY, 1)
    ),
    holders=tuple((n, "S.1" if n == 4 else device) for n, device in enumerate(_EVERYBODY, 1)),
    mine=(4,),
    may_undo=True,
    conflicts=tuple(Conflict(n, ((4, _MORNING_MS), (0, _MORNING_MS + 3_600_000))) for n in range(4182, 4190)),
    undos=_UNDOS,
    left_open=tuple(LeftOpen(n, n - 4200) for n in range(4201, 4212)),
    refused=(
        RejectedMessage("T5.1", RejectionReason.FORGED),
        RejectedMessage("T2.1", RejectionReason.FORKED),
        RejectedMessage("T12.1", RejectionReason.FORGED),
    ),
)
"""The largest place there is, on a bad day."""
_LARGE_STOPPING = replace(
    _STOPPING,
    stopped=tuple(Peer(device, n, seen=False, stance=Stance.SERVING) for n, device in enumerate(_EVERYBODY[:20], 1)),
    waits_for=_EVERYBODY[20:],
)
_NINE = replace(
    _AT_SECRETARY,
    me="T3.1",
    peers=tuple(
        Peer(
            f"T{n}.1" if n else "S.1",
            n or None,
            n not in (4, 7, 9),
            Stance.AT_CLERK if n == 7 else Stance.SERVING,
            _MORNING_MS,
        )
        for n in range(10)
        if n != 3
    ),
    holders=tuple((n, f"T{n}.1") for n in range(1, 10)),
    conflicts=_LARGE.conflicts[:2],
)
_SIGHT = replace(
    _AROUND,
    peers=(
        _PEERS[0],
        replace(_PEERS[1], seen=False, stance=Stance.LOCKED),
        replace(_PEERS[2], stance=Stance.NOT_READY, deaf=True),
        replace(_PEERS[3], clock_off=True),
        replace(_PEERS[4], seen=False, stance=Stance.LOCKED),
    ),
)
"""One-way cables, a silent node whose clock was wrong, and locked ones."""
_DISPLAYS = {3: Display.HANGS, 5: Display.NONE, 6: Display.HANGS}
_BLIND = replace(
    _AT_SECRETARY,
    peers=tuple(
        replace(
            peer,
            display=_DISPLAYS.get(peer.table or 0, Display.DRAWS),
            stance=Stance.ISLAND if peer.table == 6 else Stance.SERVING,
        )
        for peer in _AT_SECRETARY.peers
    ),
)
"""At two tables the screen hangs, at one there is none."""
_SILENT = d.Waiting(replace(_VOTER, book=5), _BOTH, silent=True)
_SPARE_IN = (
    *_PEERS[:3],
    replace(_PEERS[3], current=False),
    Peer("T4.2", 4, seen=True, stance=Stance.SERVING, last_ms=_MORNING_MS),
    _PEERS[4],
)
"""Table 4 goes on with its spare card."""
_OVERVIEW = d.Office(pages.Overview())
_TICKED = frozenset({"T4.1", "T5.1"})
_FOUR = frozenset({"T4.1"})


def _piles(stopping: Stopping, **page: Any) -> tuple[d.State, Situation]:
    around = _BEFORE if stopping.opens else _AROUND
    peers = tuple(replace(peer, seen=peer.seen and peer.device not in stopping.waits_for) for peer in around.peers)
    state = d.Office(pages.Piles(stopping.n, stopping.opens, **page))
    return state, replace(around, peers=peers, last_code=stopping.n, stopping=stopping)


_PAGES: dict[str, tuple[d.State, Situation | Facts]] = {
    "overview": (_OVERVIEW, _AROUND),
    "overview-conflict": (
        _OVERVIEW,
        replace(
            _AROUND,
            conflicts=(Conflict(4182, ((4, _MORNING_MS), (0, _MORNING_MS + 3_600_000))),),
            left_open=(LeftOpen(4183, 4), LeftOpen(4184, 2)),
            refused=(RejectedMessage("T5.1", RejectionReason.FORGED), RejectedMessage("T2.1", RejectionReason.FORKED)),
            peers=(replace(_PEERS[0], clock_off=True), *_PEERS[1:3], replace(_PEERS[4], stance=Stance.LOCKED), _PEERS[3]),
        ),
    ),
    "overview-refused": (
        _OVERVIEW,
        replace(
            _AROUND,
            refused=(
                *(RejectedMessage("T5.1", why) for why in RejectionReason),
                RejectedMessage("T77.1", RejectionReason.STRANGER),
            ),
        ),
    ),
    "overview-refused-more": (
        _OVERVIEW,
        replace(_AROUND, refused=tuple(RejectedMessage("T5.1", why) for why in (*RejectionReason,)[4:])),
    ),
    "overview-old-card": (_OVERVIEW, replace(_AROUND, old_card=True)),
    "ready-old-card": (d.Ready(), replace(_AROUND, old_card=True)),
    "ready-refused": (d.Ready(), replace(_AROUND, refused=(RejectedMessage("T5.1", RejectionReason.FORGED),))),
    "overview-opening": (
        _OVERVIEW,
        replace(_BEFORE, peers=tuple(replace(p, stance=Stance.NOT_READY, last_ms=0) for p in _PEERS)),
    ),
    "overview-stopping": (_OVERVIEW, _piles(_STOPPING)[1]),
    "overview-elsewhere": (
        _OVERVIEW,
        replace(_AROUND, last_code=3, elsewhere=Elsewhere(3, "T2.1", ("T4.1",), finished=False)),
    ),
    "overview-elsewhere-nobody": (_OVERVIEW, replace(_AROUND, elsewhere=Elsewhere(3, "T2.1", (), finished=False))),
    "overview-lost": (_OVERVIEW, replace(_AROUND, elsewhere=Elsewhere(3, "T3.1", ("T4.1",), finished=False))),
    "overview-moved": (_OVERVIEW, replace(_AROUND, holders=((1, "T1.1"), (2, "T2.1"), (3, "T3.1"), (4, "T3.1"), (5, "T1.1")))),
    "overview-spare": (_OVERVIEW, replace(_AROUND, peers=_SPARE_IN)),
    "overview-awaited": (
        _OVERVIEW,
        replace(
            _AROUND,
            member=False,
            mine=(),
            awaited=("S.1", "T4.1"),
            excusable=("T4.1",),
            peers=(*_PEERS[:2], replace(_PEERS[2], member=False), *_PEERS[3:]),
        ),
    ),
    "overview-cold": (
        _OVERVIEW,
        replace(
            _AROUND, member=False, mine=(), cold=True, awaited=("T4.1",), peers=tuple(replace(p, member=False) for p in _PEERS)
        ),
    ),
    "pick-book": (d.Office(pages.PickBook()), replace(_AROUND, mine=(3, 4, 5))),
    "pick-heir": (d.Office(pages.PickHeir(4)), _AROUND),
    "pin-give": (d.Pin(GiveBook(4, "T4.2")), replace(_AROUND, peers=_SPARE_IN)),
    "pick-stopped": (d.Office(pages.PickStopped(_TICKED)), replace(_AROUND)),
    "pick-stopped-spare": (d.Office(pages.PickStopped(_TICKED)), replace(_AROUND, peers=_SPARE_IN)),
    "pick-stopped-begun": (d.Office(pages.PickStopped()), _AROUND),
    "pick-stopped-open": (d.Office(pages.PickStopped(frozenset({"T4.1"}))), _BEFORE),
    "pick-stopped-again": (d.Office(pages.PickStopped()), _piles(_STOPPING)[1]),
    "ask-code": (d.Office(pages.AskCode(_FOUR)), _AROUND),
    "ask-code-nobody": (
        d.Office(pages.AskCode(frozenset())),
        replace(_BEFORE, peers=tuple(replace(peer, seen=True) for peer in _PEERS)),
    ),
    "ask-code-seen": (d.Office(pages.AskCode(_TICKED)), _AROUND),
    "ask-code-spare": (d.Office(pages.AskCode(_TICKED)), replace(_AROUND, peers=_SPARE_IN)),
    "ask-code-not-ticked": (d.Office(pages.AskCode(frozenset())), replace(_AROUND)),
    "ask-code-used": (d.Office(pages.AskCode(_FOUR, pages.CodeSlip.USED, 2)), _AROUND),
    "ask-code-reserve": (d.Office(pages.AskCode(_FOUR, pages.CodeSlip.RESERVE, 21)), _AROUND),
    "ask-code-skipped": (d.Office(pages.AskCode(_FOUR, pages.CodeSlip.SKIPPED, 4)), _AROUND),
    **{
        f"ask-code-{why.replace('_', '-')}": (d.Office(pages.AskCode(_FOUR, why)), replace(_AROUND, last_code=20))
        for why in CodeMisread
    },
    "ask-code-gone": (d.Office(pages.AskCode(_FOUR)), replace(_AROUND, last_code=40)),
    "piles-waiting": _piles(_STOPPING),
    "piles-heard": _piles(_ALL_HEARD),
    "piles-scanned": _piles(_ALL_HEARD, pile="T4.1", last=4182),
    "piles-misread": _piles(_ALL_HEARD, pile="T4.1", misread=True),
    "key-card": (d.Office(pages.KeyCard(pages.Piles(3, pile="T4.1"))), _piles(_ALL_HEARD)[1]),
    "key-card-misread": (d.Office(pages.KeyCard(pages.Piles(3, pile="T4.1"), misread=True)), _piles(_ALL_HEARD)[1]),
    "piles-ready": _piles(_READY_TO_TAKE, pile="T4.1"),
    "piles-opening": _piles(replace(_OPENING, waits_for=("T4.1",))),
    "piles-opening-fetching": _piles(replace(_OPENING, waits_for=())),
    "piles-reopening": (
        d.Office(pages.Piles(3)),
        replace(_piles(replace(_STOPPING, stopped=(), unproved=()))[1], cold=True, member=False),
    ),
    "piles-secretary": _piles(replace(_STOPPING, stopped=(), unproved=())),
    "piles-answering": (
        d.Office(pages.Piles(3)),
        replace(_AROUND, last_code=3, stopping=replace(_STOPPING, stopped=_STOPPING.stopped[:1], waits_for=("S.1", "T2.1"))),
    ),
    "piles-moved": (
        d.Office(pages.Piles(3)),
        replace(_AROUND, last_code=3, viewed=3, taken=(4, 5)),
    ),
    "piles-moved-own": (d.Office(pages.Piles(3)), replace(_AROUND, last_code=3, viewed=3, taken=(3,))),
    "piles-moved-kept": (d.Office(pages.Piles(3)), replace(_AROUND, last_code=3, viewed=3, kept=("T3.1", "T4.2"))),
    "piles-moved-nothing": (d.Office(pages.Piles(3)), replace(_AROUND, last_code=3, viewed=3)),
    "piles-overtaken": (
        d.Office(pages.Piles(3)),
        replace(_AROUND, last_code=4, elsewhere=Elsewhere(4, "T2.1", (), finished=False)),
    ),
    "piles-lost": (
        d.Office(pages.Piles(3)),
        replace(_AROUND, last_code=4, elsewhere=Elsewhere(4, "T2.1", (), finished=False, lost=True)),
    ),
    "piles-unused": (d.Office(pages.Piles(3)), _AROUND),
    "pick-excused": (
        d.Office(pages.PickExcused(_FOUR)),
        replace(_AROUND, member=False, excusable=("T2.1", "T4.1")),
    ),
    "pick-excused-begun": (d.Office(pages.PickExcused()), replace(_AROUND, member=False, excusable=("T2.1", "T4.1"))),
    "pin-excuse": (d.Pin(ExcuseDevices(_TICKED)), _AROUND),
    "overview-undo": (_OVERVIEW, replace(_AROUND, may_undo=True, undos=_UNDOS)),
    "find-mark": (d.Office(pages.FindMark()), _UNDOING),
    "find-mark-misread": (d.Office(pages.FindMark(misread=True)), _UNDOING),
    "marks": (d.Office(pages.Marks(4182, _VOTER.name)), _UNDOING),
    "marks-one": (d.Office(pages.Marks(4182, _VOTER.name)), replace(_UNDOING, marks=_MARKS[:1])),
    "marks-none": (d.Office(pages.Marks(4182, _VOTER.name)), replace(_UNDOING, marks=())),
    "marks-unlisted": (d.Office(pages.Marks(4999)), replace(_UNDOING, marks=())),
    "pin-undo-issued": (_undo(_TARGET), _UNDOING),
    "pin-undo-not-issued": (_undo(_NOT_ISSUED), _UNDOING),
    "pin-undo-found": (_undo(_CARD), _UNDOING),
    "pin-undo-gone": (_undo(_TARGET), _AROUND),
    "pin-undo-issued-last": (_undo(_TARGET), replace(_UNDOING, marks=_MARKS[:1])),
    "pin-undo-not-issued-last": (_undo(_NOT_ISSUED), replace(_UNDOING, marks=_MARKS[1:2])),
    "pin-undo-found-last": (_undo(_CARD), replace(_UNDOING, marks=_MARKS[2:])),
    "ready-undone": (d.Ready(), replace(_AROUND, undos=_UNDOS[:1])),
    "ready-undone-beside": (d.Ready(), replace(_AROUND, undos=(replace(_UNDOS[0], beside=(12, _MORNING_MS)),))),
    "ready-undone-many": (d.Ready(), replace(_AROUND, undos=tuple(replace(undo, beside=None) for undo in _UNDONE_SOME))),
    "ready-undone-all": (d.Ready(), replace(_AROUND, undos=_UNDONE_SOME[1:])),
    "ready-undone-some": (d.Ready(), replace(_AROUND, undos=_UNDONE_SOME)),
    "ready-stopping": (d.Ready(), _piles(_STOPPING)[1]),
    "overview-nine": (_OVERVIEW, _NINE),
    "overview-displays": (_OVERVIEW, _BLIND),
    "overview-large-displays": (
        _OVERVIEW,
        replace(
            _LARGE,
            undos=(),
            left_open=(),
            peers=tuple(replace(peer, display=_DISPLAYS.get(peer.table or 0, Display.DRAWS)) for peer in _LARGE.peers),
        ),
    ),
    "overview-large": (_OVERVIEW, _LARGE),
    "overview-large-alone": (
        _OVERVIEW,
        replace(_LARGE, mode=Mode.PAPER, peers=tuple(replace(peer, seen=False) for peer in _LARGE.peers)),
    ),
    "pick-book-large": (d.Office(pages.PickBook()), replace(_LARGE, mine=tuple(range(1, 26)))),
    "pick-heir-large": (d.Office(pages.PickHeir(4)), _LARGE),
    "pick-stopped-large": (
        d.Office(pages.PickStopped(frozenset({"T4.1", "T11.1", "T17.1"}))),
        replace(
            _LARGE,
            peers=(
                *_LARGE.peers[:10],
                replace(_LARGE.peers[10], current=False),
                Peer("T11.2", 11, True, Stance.SERVING),
                *_LARGE.peers[11:16],
                replace(_LARGE.peers[16], current=False),
                Peer("T17.2", 17, False, Stance.LOCKED),
                *_LARGE.peers[17:],
            ),
        ),
    ),
    "ask-code-large": (d.Office(pages.AskCode(frozenset(_EVERYBODY[1::2]))), _LARGE),
    "piles-large": (d.Office(pages.Piles(3, pile="T4.1")), replace(_LARGE, stopping=_LARGE_STOPPING, last_code=3)),
    "pin-excuse-large": (
        d.Pin(ExcuseDevices(frozenset(_EVERYBODY))),
        _AROUND,
    ),
    "ready-large": (d.Ready(), replace(_LARGE, me="T3.1", conflicts=(), refused=(), undos=())),
    "ready-nine": (d.Ready(), replace(_NINE, conflicts=())),
    "ready-all-wrong": (
        d.Ready(),
        replace(_NINE, mode=Mode.FIXED, uncopied=128, peers=tuple(replace(peer, seen=False) for peer in _NINE.peers)),
    ),
    "locked": (d.Locked(), _AROUND),
    "island": (d.Ready(), _TROUBLED),
    "waiting-silent-moved": (_SILENT, replace(_AROUND, holders=((5, "T4.1"),))),
    "waiting-silent-secretary": (
        _SILENT,
        replace(_AROUND, holders=((5, "S.1"),), peers=(replace(_PEERS[0], seen=False), *_PEERS[1:])),
    ),
    "waiting-silent-copy": (_SILENT, replace(_AROUND, holders=((5, "T3.1"),))),
    "waiting-silent-old": (
        _SILENT,
        replace(
            _AROUND, peers=(*_PEERS[:4], replace(_PEERS[4], seen=False, current=False), Peer("T5.2", 5, True, Stance.SERVING))
        ),
    ),
    "waiting-stopped": (_SILENT, replace(_AROUND, elsewhere=Elsewhere(3, "T2.1", ("T5.1",), finished=False))),
    "waiting-joining": (_SILENT, replace(_AROUND, peers=(*_PEERS[:4], replace(_PEERS[4], member=False)))),
    "waiting-joining-here": (_SILENT, replace(_AROUND, member=False, awaited=("T4.1",), holders=((5, "T3.1"),))),
    "waiting-cold": (_SILENT, replace(_AROUND, member=False, cold=True)),
    "island-other-book": (d.Refused(Barred(RefusalReason.OTHER_TABLE, table=5), 4182, _VOTER), _TROUBLED),
    "not-ready-opening": (d.NotReady(d.NotReadyReason.POLL_NOT_OPENED), _BEFORE),
    "not-ready-opening-elsewhere": (
        d.NotReady(d.NotReadyReason.POLL_NOT_OPENED),
        replace(_BEFORE, last_code=1, elsewhere=Elsewhere(1, "T2.1", (), finished=False)),
    ),
    "not-ready-alone": (d.NotReady(d.NotReadyReason.ALONE), _CUT_OFF),
    "not-ready-unheard": (
        d.NotReady(d.NotReadyReason.UNHEARD),
        replace(_AROUND, mode=Mode.PAPER, unheard=True, may_island=True),
    ),
    "not-ready-alone-locked": (
        d.NotReady(d.NotReadyReason.ALONE),
        replace(_CUT_OFF, may_island=True, peers=tuple(replace(peer, stance=Stance.LOCKED) for peer in _CUT_OFF.peers)),
    ),
    "overview-sight": (_OVERVIEW, replace(_SIGHT, unheard=True)),
    "waiting-locked": (_SILENT, replace(_SIGHT, holders=((5, "T5.1"),))),
    "waiting-locked-secretary": (
        _SILENT,
        replace(_SIGHT, holders=((5, "S.1"),), peers=(replace(_PEERS[0], seen=False, stance=Stance.LOCKED), *_PEERS[1:])),
    ),
    "island-other-book-locked": (
        d.Refused(Barred(RefusalReason.OTHER_TABLE, table=5), 4182, _VOTER),
        replace(_SIGHT, mode=Mode.FIXED, uncopied=12),
    ),
    "not-ready-catching-up-locked": (
        d.NotReady(d.NotReadyReason.CATCHING_UP),
        replace(_SIGHT, awaited=("S.1", "T1.1", "T4.1", "T5.1"), mode=Mode.PAPER),
    ),
    "piles-locked": (
        d.Office(pages.Piles(3)),
        replace(_SIGHT, last_code=3, stopping=replace(_STOPPING, waits_for=("T2.1", "T5.1"), stopped=_STOPPING.stopped[:1])),
    ),
    "not-ready-catching-up": (
        d.NotReady(d.NotReadyReason.CATCHING_UP),
        replace(_AROUND, awaited=("S.1", "T4.1"), mode=Mode.PAPER),
    ),
    "menu": (d.Office(pages.Menu()), Facts(_ALONE, NotReadyReason.CATCHING_UP)),
    "menu-chair": (d.Office(pages.Menu()), replace(_AROUND, may_island=True)),
    "menu-opening": (d.Office(pages.Menu()), Facts(_BEFORE, NotReadyReason.POLL_NOT_OPENED)),
    "menu-closed": (d.Office(pages.Menu()), Facts(_AROUND, NotReadyReason.CLOSED)),
    **{f"not-done-{why.replace('_', '-')}": (d.Office(pages.NotDone(why)), _AROUND) for why in WhyNot},
}

_STATES: dict[str, d.State] = {
    "not-ready": d.NotReady(d.NotReadyReason.POLL_NOT_OPENED),
    "ready": d.Ready(),
    **{f"ready-{why.replace('_', '-')}": d.Ready(why) for why in Unreadable},
    "typing": d.Typing(),
    "typing-misread": d.Typing(Unreadable.CHECK_DIGITS),
    "voter": d.VoterShown(_VOTER, _BOTH, Source.CARD),
    "voter-one-ballot": d.VoterShown(_VOTER, _ONE, Source.CARD),
    "voter-other-card": d.VoterShown(_VOTER, _ONE, Source.CARD, other=_OTHER),
    "birth-date": d.BirthDate(_VOTER, _BOTH, Source.CARD),
    "birth-date-wrong": d.BirthDate(_VOTER, _ONE, Source.CARD, wrong=1),
    "waiting": d.Waiting(_VOTER, _BOTH),
    "waiting-silent": _SILENT,
    "green": d.Green(_VOTER, _BOTH),
    "green-one-ballot": d.Green(_VOTER, _ONE),
    "refused-marked": d.Refused(Barred(RefusalReason.ALREADY_MARKED, Mark(("byraad",), 4, _MORNING_MS)), 4182, _VOTER),
    "refused-marked-there": d.Refused(Barred(RefusalReason.ALREADY_MARKED, Mark(("byraad",), 0, _MORNING_MS)), 4182, _VOTER),
    "refused-on-word": d.Refused(Barred(RefusalReason.ALREADY_MARKED, Mark(("byraad",), 14, _MORNING_MS), by=23), 4182, _VOTER),
    "refused-on-word-moved": d.Refused(Barred(RefusalReason.MOVED_AWAY, by=0), 4182, _VOTER),
    "refused-postal-vote": d.Refused(Barred(RefusalReason.POSTAL_VOTE), 4182, _VOTER),
    "refused-not-on-list": d.Refused(Barred(RefusalReason.NOT_ON_LIST), 4999, None),
    "refused-struck-off": d.Refused(Barred(RefusalReason.STRUCK_OFF), 4182, _VOTER),
    "refused-moved-away": d.Refused(Barred(RefusalReason.MOVED_AWAY), 4182, _VOTER),
    "refused-other-place": d.Refused(Barred(RefusalReason.OTHER_PLACE, place="Idrætshallen i Nørre Åby"), None, None),
    "refused-not-open": d.Refused(Barred(RefusalReason.NOT_OPEN), 4182, _VOTER),
    "refused-referred": d.Refused(Barred(RefusalReason.REFERRED), 4182, _VOTER),
    "refused-changed": d.Refused(Barred(RefusalReason.CHANGED), 4182, _VOTER),
    "referred": d.Referred(_VOTER),
    "referred-elsewhere": d.Referred(_VOTER, 23),
    "unresolved": d.Unresolved(d.Unfinished(_VOTER, ("byraad", "region"), _MORNING_MS)),
    "unresolved-undone": d.Unresolved(d.Unfinished(_VOTER, ("byraad", "region"), _MORNING_MS, undone=True)),
    "unresolved-other": d.Unresolved(d.Unfinished(_VOTER, ("byraad", "region"), _MORNING_MS), other=True),
    "closed": d.Closed(),
    "pin": d.Pin(CloseTable()),
    "pin-reopen": d.Pin(ReopenTable()),
    "pin-lock": d.Pin(LockNode()),
    "pin-unlock": d.Pin(UnlockNode()),
    "pin-island": d.Pin(BeginIsland()),
    "pin-paused": d.Pin(CloseTable(), paused=True),
    "pin-release": d.Pin(ReleaseVoter(4182)),
    "birth-date-all": d.BirthDate(_VOTER, _ONE, Source.CARD, wrong=2, other=_OTHER),
    "pin-wrong": d.Pin(CloseTable(), wrong=True),
}


_FAULTS = ("disk", "disk_full", "read_only", "corrupt", "in_use", "internal", "copied", "revoked")
_FAULTS_FILLED = {"other_list": "4f09ac31", "other_disk": "T2.1", "other_folder": "/var/lib/valgbord-gammel"}


def samples(language: Language) -> dict[str, Screen]:
    """One screen of every kind and variant, by a name that can be a file's."""
    shown = sample_view(language)
    screens = {name: _screen(number, state, shown, _AROUND) for number, (name, state) in enumerate(_STATES.items(), 1)}
    for number, (name, (state, around)) in enumerate(_PAGES.items(), 200):
        screens[name] = _screen(number, state, shown, around)
    at_secretary = Facts(_AT_SECRETARY, office=True)
    screens["secretary"] = _screen(300, _OVERVIEW, replace(shown, table=None), at_secretary)
    screens["no-scanner"] = view.screen(100, d.Ready(), replace(shown, scanner=False, clock_wrong=True))
    screens["not-ready-list-coming"] = view.without_list(103, shown, 12_000, 23_748)
    screens["not-ready-no-list"] = view.without_list(102, shown)
    for number, code in enumerate(_FAULTS, 400):
        screens[f"fault-{code.replace('_', '-')}"] = view.fault(number, code, shown)
    for number, (code, field) in enumerate(_FAULTS_FILLED.items(), 450):
        screens[f"fault-{code.replace('_', '-')}"] = view.fault(number, code, shown, field)
    return screens


def _screen(number: int, state: d.State, shown: view.ViewContext, around: Situation | Facts) -> Screen:
    facts = around if isinstance(around, Facts) else Facts(around)
    if isinstance(state, d.NotReady):
        facts = replace(facts, lack=state.lack)
    return view.screen(number, state, replace(shown, facts=facts))
