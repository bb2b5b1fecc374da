"""One screen of every kind, with the longest names, made by the real view: for pictures, layout checks and the README."""

from dataclasses import replace
from datetime import UTC, date

from kiosk.domain import desk_states as d
from kiosk.domain import office, view
from kiosk.domain.ballots import Colour, Election
from kiosk.domain.cards import Unreadable
from kiosk.domain.chain import Refusal
from kiosk.domain.eligibility import Bar, Barred, Eligible, Mark, Withheld
from kiosk.domain.entries import Source
from kiosk.domain.messages import Display, Stance
from kiosk.domain.screens import Screen
from kiosk.domain.situation import (
    Conflict,
    LastCard,
    LeftOpen,
    Mode,
    Peer,
    Refused,
    Seizure,
    Situation,
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
    holders=((0, "S.1"), *((n, f"T{n}.1") for n in (1, 2, 3, 4, 5))),
    mine=(3,),
)


def sample_view(language: Language) -> view.View:
    """The circumstances of the samples: an exercise at table 3."""
    return view.View(
        language=language,
        place="Hovedbiblioteket",
        table=3,
        training=True,
        sounds=False,
        elections=(
            Election("byraad", "byråd", "council", Colour.WHITE),
            Election("region", "regionsråd", "region", Colour.YELLOW),
        ),
        zone=UTC,
        voter_digits=6,
        card_digits=12,
        tries=3,
        situation=_AROUND,
        served=168,
    )


_MARKS = (
    Undoable("T3.1/1/1", 3, _MORNING_MS, ("byraad", "region"), issued=True),
    Undoable("T4.1/1/1", 4, _MORNING_MS, ("byraad", "region"), issued=False),
    Undoable("S.1/57", 12, _MORNING_MS, ("byraad", "region"), issued=True, found=True),
)
_UNDOS = (
    Undo("S.1/1/1", 4181, 3, "T1.1", UndoState.UNDONE),
    Undo("S.1/1/2", 4182, 4, "T12.1", UndoState.OVERTAKEN),
    Undo("S.1/1/3", 4183, None, "T12.1", UndoState.REFUSED),
    Undo("S.1/1/4", 4184, 12, "T12.1", UndoState.ASKED),
)
_UNDOING = replace(_AROUND, mine=(0,), marks=_MARKS)


def _undo(target: str) -> d.Pin:
    return d.Pin(d.Deed.UNDO, order=d.Perform(d.Deed.UNDO, voter=4182, target=target))


_TAKING = Seizure(
    book=4,
    old="T4.1",
    stopped=(
        Peer("T4.1", 4, seen=False, stance=Stance.SERVING, card=LastCard(4182, 1057, _MORNING_MS)),
        Peer("T5.1", 5, False, Stance.LOCKED),
    ),
    waits_for=("T2.1",),
    fetching=True,
    unproved=(Unproved("T4.1", 4182), Unproved("T4.1", 4183)),
    scanned=3,
)
_TROUBLED = replace(
    _AROUND,
    mode=Mode.FIXED,
    uncopied=12,
    peers=tuple(replace(peer, seen=False) if peer.origin == "S.1" else peer for peer in _PEERS),
)
_CUT_OFF = replace(_AROUND, mode=Mode.PAPER, peers=tuple(replace(peer, seen=False) for peer in _PEERS))
_AT_SECRETARY = replace(
    _AROUND,
    me="S.1",
    peers=tuple(Peer(f"T{n}.1", n, seen=n != 4, stance=Stance.SERVING, last_ms=_MORNING_MS) for n in range(1, 9)),
    mine=(0,),
    may_seal=(1, 2, 3, 4, 5),
)
_EVERYBODY = tuple(f"T{n}.1" for n in range(1, 26))
_LARGE = replace(
    _AROUND,
    me="S.1",
    peers=tuple(
        Peer(origin, n, n not in (4, 11, 17), Stance.CLOSED if n == 9 else Stance.SERVING, _MORNING_MS, clock_off=n == 20)
        for n, origin in enumerate(_EVERYBODY, 1)
    ),
    holders=((0, "S.1"), *enumerate(_EVERYBODY, 1)),
    mine=(0, 3),
    may_seal=tuple(range(1, 26)),
    may_attest=True,
    conflicts=tuple(Conflict(n, ((4, _MORNING_MS), (0, _MORNING_MS + 3_600_000))) for n in range(4182, 4190)),
    undos=_UNDOS,
    left_open=tuple(LeftOpen(n, n - 4200) for n in range(4201, 4212)),
    refused=(Refused("T5.1", Refusal.FORGED), Refused("T2.1", Refusal.FORKED), Refused("T12.1", Refusal.FORGED)),
)
"""The largest place there is, on a bad day."""
_LARGE_TAKING = replace(
    _TAKING,
    stopped=tuple(Peer(origin, n, seen=False, stance=Stance.SERVING) for n, origin in enumerate(_EVERYBODY[:20], 1)),
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
    holders=((0, "S.1"), *((n, f"T{n}.1") for n in range(1, 10))),
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
_BOARDS: dict[str, tuple[d.State, Situation]] = {
    "overview": (d.Office(office.Overview()), _AROUND),
    "overview-conflict": (
        d.Office(office.Overview()),
        replace(
            _AROUND,
            may_seal=(1, 2, 4, 5),
            may_attest=True,
            conflicts=(Conflict(4182, ((4, _MORNING_MS), (0, _MORNING_MS + 3_600_000))),),
            left_open=(LeftOpen(4183, 4), LeftOpen(4184, 2)),
            refused=(Refused("T5.1", Refusal.FORGED), Refused("T2.1", Refusal.FORKED)),
            peers=(replace(_PEERS[0], clock_off=True), *_PEERS[1:3], replace(_PEERS[4], stance=Stance.LOCKED), _PEERS[3]),
        ),
    ),
    "pick-book": (d.Office(office.PickBook(office.Deed.SEAL)), replace(_AROUND, may_seal=(0, 1, 2, 4, 5))),
    "pick-heir": (d.Office(office.PickHeir(office.Deed.SEIZE, 4)), _AROUND),
    "pick-stopped": (d.Office(office.PickStopped(4, frozenset({"T4.1", "T5.1"}))), _AROUND),
    "overview-undo": (d.Office(office.Overview()), replace(_UNDOING, undos=_UNDOS, may_seal=(4,), may_attest=True)),
    "find-mark": (d.Office(office.FindMark()), _UNDOING),
    "find-mark-misread": (d.Office(office.FindMark(misread=True)), _UNDOING),
    "marks": (d.Office(office.Marks(4182, _VOTER.name)), _UNDOING),
    "marks-one": (d.Office(office.Marks(4182, _VOTER.name)), replace(_UNDOING, marks=_MARKS[:1])),
    "marks-none": (d.Office(office.Marks(4182, _VOTER.name)), replace(_UNDOING, marks=())),
    "marks-unlisted": (d.Office(office.Marks(4999)), replace(_UNDOING, marks=())),
    "pin-undo-issued": (_undo("T3.1/1/1"), _UNDOING),
    "pin-undo-not-issued": (_undo("T4.1/1/1"), _UNDOING),
    "pin-undo-found": (_undo("S.1/57"), _UNDOING),
    "pin-undo-gone": (_undo("T3.1/1/1"), _AROUND),
    "ready-undone": (d.Ready(), replace(_AROUND, undos=_UNDOS[:1])),
    "pick-stopped-begun": (d.Office(office.PickStopped(4)), _AROUND),
    "piles-waiting": (d.Office(office.Piles(4)), replace(_AROUND, seizures=(_TAKING,))),
    "piles-ready": (
        d.Office(office.Piles(4, pile="T4.1")),
        replace(_AROUND, seizures=(replace(_TAKING, waits_for=(), fetching=False, unproved=()),)),
    ),
    "piles-start": (
        d.Office(office.Piles(None, frozenset({"T4.1"}), "T4.1", ((4182, "T4.1"),))),
        replace(_AROUND, peers=tuple(replace(peer, card=LastCard(4181, 57, 0)) for peer in _PEERS)),
    ),
    "overview-nine": (d.Office(office.Overview()), _NINE),
    "overview-displays": (d.Office(office.Overview()), _BLIND),
    "overview-large-displays": (
        d.Office(office.Overview()),
        replace(
            _LARGE,
            undos=(),
            left_open=(),
            peers=tuple(replace(peer, display=_DISPLAYS.get(peer.table or 0, Display.DRAWS)) for peer in _LARGE.peers),
        ),
    ),
    "overview-large": (d.Office(office.Overview()), _LARGE),
    "overview-large-alone": (
        d.Office(office.Overview()),
        replace(_LARGE, mode=Mode.PAPER, peers=tuple(replace(peer, seen=False) for peer in _LARGE.peers)),
    ),
    "pick-book-large": (d.Office(office.PickBook(office.Deed.SEAL)), replace(_LARGE, may_seal=tuple(range(26)))),
    "pick-heir-large": (d.Office(office.PickHeir(office.Deed.SEIZE, 4)), _LARGE),
    "pick-stopped-large": (
        d.Office(office.PickStopped(4, frozenset({"T4.1", "T11.1", "T17.1"}))),
        replace(
            _LARGE, peers=(*_LARGE.peers, Peer("T11.2", 11, True, Stance.SERVING), Peer("T17.2", 17, False, Stance.LOCKED))
        ),
    ),
    "piles-large": (d.Office(office.Piles(4, pile="T4.1")), replace(_LARGE, seizures=(_LARGE_TAKING,))),
    "pin-seal-large": (
        d.Pin(d.Deed.SEAL, order=d.Perform(d.Deed.SEAL, book=4, nodes=frozenset(_EVERYBODY))),
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
    "waiting-silent-moved": (_SILENT, replace(_AROUND, holders=((0, "S.1"), (5, "T4.1")))),
    "waiting-silent-secretary": (_SILENT, replace(_AROUND, holders=((0, "S.1"), (5, "S.1")))),
    "waiting-silent-copy": (_SILENT, replace(_AROUND, holders=((0, "S.1"), (5, "T3.1")))),
    "island-other-book": (d.Refused(Barred(Bar.OTHER_TABLE, table=5), 4182, _VOTER), _TROUBLED),
    "not-ready-alone": (d.NotReady(d.Lack.ALONE), _CUT_OFF),
    "not-ready-unheard": (
        d.NotReady(d.Lack.UNHEARD),
        replace(_AROUND, mode=Mode.PAPER, unheard=True, may_island=True),
    ),
    "not-ready-alone-locked": (
        d.NotReady(d.Lack.ALONE),
        replace(_CUT_OFF, may_island=True, peers=tuple(replace(peer, stance=Stance.LOCKED) for peer in _CUT_OFF.peers)),
    ),
    "overview-sight": (d.Office(office.Overview()), replace(_SIGHT, unheard=True)),
    "waiting-locked": (_SILENT, replace(_SIGHT, holders=((5, "T5.1"),))),
    "waiting-locked-secretary": (
        _SILENT,
        replace(_SIGHT, holders=((5, "S.1"),), peers=(replace(_PEERS[0], seen=False, stance=Stance.LOCKED), *_PEERS[1:])),
    ),
    "island-other-book-locked": (
        d.Refused(Barred(Bar.OTHER_TABLE, table=5), 4182, _VOTER),
        replace(_SIGHT, mode=Mode.FIXED, uncopied=12),
    ),
    "not-ready-catching-up-locked": (
        d.NotReady(d.Lack.CATCHING_UP),
        replace(_SIGHT, awaited=("S.1", "T1.1", "T4.1", "T5.1"), mode=Mode.PAPER),
    ),
    "piles-locked": (
        d.Office(office.Piles(4)),
        replace(_SIGHT, seizures=(replace(_TAKING, waits_for=("T2.1", "T5.1"), stopped=_TAKING.stopped[:1]),)),
    ),
    "not-ready-old-disk": (d.NotReady(d.Lack.OLD_DISK), _CUT_OFF),
    "not-ready-catching-up": (d.NotReady(d.Lack.CATCHING_UP), replace(_AROUND, awaited=("S.1", "T4.1"), mode=Mode.PAPER)),
    "pin-seal": (
        d.Pin(d.Deed.SEAL, order=d.Perform(d.Deed.SEAL, book=4, nodes=frozenset({"T4.1", "T5.1"}))),
        _AROUND,
    ),
    "menu-chair": (d.Menu((d.Deed.CLOSE_TABLE, d.Deed.ISLAND, d.Deed.LOCK), overview=True), _AROUND),
}

_STATES: dict[str, d.State] = {
    "not-ready": d.NotReady(d.Lack.POLL_NOT_OPENED),
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
    "refused-marked": d.Refused(Barred(Bar.ALREADY_MARKED, Mark(("byraad",), 4, _MORNING_MS)), 4182, _VOTER),
    "refused-on-word": d.Refused(Barred(Bar.ALREADY_MARKED, Mark(("byraad",), 14, _MORNING_MS), by=23), 4182, _VOTER),
    "refused-on-word-moved": d.Refused(Barred(Bar.MOVED_AWAY, by=0), 4182, _VOTER),
    "refused-postal-vote": d.Refused(Barred(Bar.POSTAL_VOTE), 4182, _VOTER),
    "refused-not-on-list": d.Refused(Barred(Bar.NOT_ON_LIST), 4999, None),
    "refused-struck-off": d.Refused(Barred(Bar.STRUCK_OFF), 4182, _VOTER),
    "refused-moved-away": d.Refused(Barred(Bar.MOVED_AWAY), 4182, _VOTER),
    "refused-other-place": d.Refused(Barred(Bar.OTHER_PLACE, place="Idrætshallen i Nørre Åby"), None, None),
    "refused-not-open": d.Refused(Barred(Bar.NOT_OPEN), 4182, _VOTER),
    "refused-referred": d.Refused(Barred(Bar.REFERRED), 4182, _VOTER),
    "refused-changed": d.Refused(Barred(Bar.CHANGED), 4182, _VOTER),
    "referred": d.Referred(_VOTER),
    "referred-elsewhere": d.Referred(_VOTER, 23),
    "unresolved": d.Unresolved(d.Unfinished(_VOTER, ("byraad", "region"), _MORNING_MS)),
    "unresolved-undone": d.Unresolved(d.Unfinished(_VOTER, ("byraad", "region"), _MORNING_MS, undone=True)),
    "unresolved-other": d.Unresolved(d.Unfinished(_VOTER, ("byraad", "region"), _MORNING_MS), other=True),
    "closed": d.Closed(),
    "menu": d.Menu(),
    "pin": d.Pin(d.Deed.OPEN_POLL),
    "pin-release": d.Pin(d.Deed.RELEASE_VOTER, 4182),
    "birth-date-all": d.BirthDate(_VOTER, _ONE, Source.CARD, wrong=2, other=_OTHER),
    "pin-wrong": d.Pin(d.Deed.CLOSE_TABLE, wrong=True),
}


_FAULTS = ("disk", "disk_full", "read_only", "corrupt", "in_use", "internal", "copied", "revoked")
_FAULTS_FILLED = {"other_list": "4f09ac31", "other_disk": "T2.1", "other_folder": "/var/lib/valgbord-gammel"}


def samples(language: Language) -> dict[str, Screen]:
    """One screen of every kind and variant, by a name that can be a file's."""
    shown = sample_view(language)
    screens = {name: view.screen(number, state, shown) for number, (name, state) in enumerate(_STATES.items(), 1)}
    for number, (name, (state, around)) in enumerate(_BOARDS.items(), 200):
        screens[name] = view.screen(number, state, replace(shown, situation=around))
    screens["secretary"] = view.screen(300, d.Office(office.Overview()), replace(shown, table=None, situation=_AT_SECRETARY))
    screens["no-scanner"] = view.screen(100, d.Ready(), replace(shown, scanner=False, clock_wrong=True))
    screens["not-ready-list-coming"] = view.without_list(103, shown, 12_000, 23_748)
    screens["not-ready-no-list"] = view.without_list(102, shown)
    for number, code in enumerate(_FAULTS, 400):
        screens[f"fault-{code.replace('_', '-')}"] = view.fault(number, code, shown)
    for number, (code, field) in enumerate(_FAULTS_FILLED.items(), 450):
        screens[f"fault-{code.replace('_', '-')}"] = view.fault(number, code, shown, field)
    return screens
