"""What a node owes as the holder of books and as the one that made requests: decisions, undos, withdrawals; and moving books.

Everything here follows from what is folded. `duties` is called once in a turn, after the inputs; what it writes is folded at
once, so that two requests of one turn see each other's marks.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import lru_cache

from kiosk import limits
from kiosk.domain import entries as e
from kiosk.domain import rights, rules
from kiosk.domain.books import REGISTER, Books, Sealed
from kiosk.domain.chain import Refusal
from kiosk.domain.eligibility import Bar, Barred, Eligible, Mark, weigh
from kiosk.domain.freshness import Freshness, covers
from kiosk.domain.ledger import Case, Ledger
from kiosk.domain.messages import Ask, Head
from kiosk.domain.nodes import is_later_disk
from kiosk.domain.rights import Basis
from kiosk.domain.situation import Refused, Undoable
from kiosk.domain.voters import Voter
from kiosk.node.copies import Copies
from kiosk.node.replica import Replica
from kiosk.node.words import Evidence, Keys, Now, Setup


class BookKeeper:
    """The books of one node. `is_current(request)`: whether the desk still waits for it, or shows its answer."""

    def __init__(
        self,
        setup: Setup,
        find: Callable[[int], Voter | None],
        keys: Keys,
        is_current: Callable[[str], bool],
        copies: Copies,
    ) -> None:
        self.basis = Basis(setup.opening, setup.assistant, setup.origins, setup.elections, _books_of(find))
        books = Books(setup.origin, self.basis)
        self.ledger = Ledger(books)
        self.replica = Replica(setup.origin, setup.origins, setup.first_prev, keys, self._fold)
        self.seen = rules.Seen(
            setup.origin, books, self.ledger, Freshness(setup.origin), self.replica.have, self.replica.stored
        )
        self.latest_ms = 0
        self.urgent = False  # somebody waits for this node's copy of what has come
        self.moving = False  # what moves a book has come and is not on disk: nothing is said before it is
        self.released: list[int] = []
        self.refused: list[Refused] = []  # what was refused of others' words, in short, for the screen
        self._setup, self._find, self._is_current, self._copies = setup, find, is_current, copies
        self._start = 0
        self._requests = 0
        self._could: dict[int, int] = {}  # the books that this node could decide in, and at which epoch
        self._heard_of: set[str] = set()
        self._answers: dict[tuple[int, int], dict[str, Mapping[str, int]]] = {}
        self.mono_ms = 0
        self._unproved: tuple[tuple[object, ...], list[Case]] = ((), [])  # as of when
        self.last_withdrawn = 0  # the seq of this log's last `withdrawn`
        self._made: dict[int, int] = {}  # this log's starts, and how many requests each run has made
        self._decided_for: dict[str, int] = {}
        self._started: dict[str, int] = {}
        self._asked: defaultdict[str, deque[int]] = defaultdict(lambda: deque(maxlen=limits.PACE_VOTERS))

    @property
    def books(self) -> Books:
        """Who holds what."""
        return self.seen.books

    def _fold(self, entry: e.Entry) -> None:
        body = entry.body
        if self.ledger.fold(entry, self.replica.have):
            self.moving = self.urgent = True
        if entry.origin == self._setup.origin:
            self.latest_ms = max(self.latest_ms, entry.time)
            self._wrote(entry)
        elif isinstance(body, e.Start) and self.mono_ms - self._started.get(entry.origin, -limits.HEAD_MS) >= limits.HEAD_MS:
            self._started[entry.origin], self.urgent = self.mono_ms, True
        elif isinstance(body, e.Decision) and body.request.startswith(entry.origin + "/"):
            self._copies.awaited(entry.origin, entry.seq)
        if isinstance(body, e.Released):
            self.released.append(body.voter)

    def _wrote(self, entry: e.Entry) -> None:
        """What must be known of this node's own log."""
        match entry.body:
            case e.Start():
                self._made[entry.seq] = 0
            case e.Request(id=id_):
                start, count = map(int, id_.split("/")[1:])
                self._made[start] = max(count, self._made.get(start, 0))
            case e.Withdrawn():
                self.last_withdrawn = entry.seq
            case e.Decision(request=request):
                of = request.partition("/")[0]
                self._decided_for[of] = self._decided_for.get(of, 0) + 1
            case _:
                pass

    # --- writing ---

    def write(self, body: e.Body, now: Now) -> None:
        """Write an entry of this node's own log."""
        self.replica.write(body, now.wall_ms)

    def found(self, voter: int, stopped: str, now: Now) -> None:
        """Write that a voter's card was found at a stopped table; once, however often it is scanned."""
        if not self.ledger.is_found(voter, stopped):
            self.write(e.Rescanned(voter, stopped), now)

    def start(self, now: Now, missing: Iterable[str] = ()) -> None:
        """Write the `start` entry, from which this run's request ids are made."""
        self.write(e.Start(tuple(sorted(missing))), now)
        self._start, self._requests = self.replica.have[self._setup.origin], 0
        self.seen.fresh.started(self.replica.start_hash[self._setup.origin], missing)

    @property
    def last_start(self) -> int:
        """The seq of this run's start."""
        return self._start

    def request_id(self) -> str:
        """A new request's id: no restart and no other origin makes it again."""
        self._requests += 1
        return f"{self._setup.origin}/{self._start}/{self._requests}"

    # --- reading ---

    def weigh(self, voter: Voter, *, but: str = "") -> Eligible | Barred:
        """Which ballots a voter may be given by what is known here now, the request `but` left aside."""
        return weigh(voter, self.ledger.marks(voter.number, but=but), self._setup.elections)

    def everyone(self) -> set[str]:
        """Every origin that has a log, or should: those delivered, and those that have turned up, if only in a head."""
        return {*self._setup.first, *self.replica.have, *self._heard_of, *self.seen.fresh.claimants}

    def may_decide(self, book: int) -> bool:
        """D1 to D3 for this node."""
        return rules.may_decide(self.seen, book)

    # --- duties ---

    def asked(self, ask: Ask, sender: str, now: Now) -> None:
        """Decide on a request that came at once, before its entry. If that can't be done now, the entry will be decided on."""
        made = ask.request
        if not rights.ask(made, sender, self.basis) or self.replica.have.get(sender, 0) < ask.after:
            return
        if self.may_decide(made.book):
            known = self.ledger.cases.get(made.id) or Case(made.id)
            if known.made is None and rules.d4_decidable(replace(known, made=made), self.books):
                self._decide(made, now)

    def duties(self, now: Now) -> None:
        """Decide, take back and give up all that is due after what has been folded."""
        if not self.seen.joined:
            return
        could = self._could
        self._could = {book: self.books.chain(book).last.epoch for book in self.books.mine if self.may_decide(book)}
        self.ledger.touched += [case for case in self.ledger.undos if case.outcome(self.books) is None]
        if begins := {book for book, epoch in self._could.items() if could.get(book) != epoch}:
            self.ledger.touched += [
                case for case in self.ledger.cases.values() if case.made is not None and case.made.book in begins
            ]
        while self.ledger.touched:
            touched, self.ledger.touched = self.ledger.touched, []
            for case in touched:
                self._look_at(case, now)

    def look_at_own(self) -> None:
        """What this node may have to give up is to be looked at, since it has started, or is fresh."""
        self.ledger.touched += [case for case in self.ledger.cases.values() if case.origin == self._setup.origin]

    def _look_at(self, case: Case, now: Now) -> None:
        if case.origin == self._setup.origin:
            self._give_up(case, now)
        made = case.made
        if made is None or made.book not in self._could or not rules.d4_decidable(case, self.books):
            return
        if made.op is e.Op.CHECK_IN or (rules.undo_is_asked(case, self.books) and self._may_undo(made) is not None):
            self._decide(made, now)

    def _give_up(self, case: Case, now: Now) -> None:
        """Withdraw an own request that is granted though nobody waits for it any more, or that this log does not know.

        That is so where the power failed before its commit, or on an old disk, which must take nothing back and is not fresh.
        A run that is over can have left one such request, its last: what others say of further ones is not answered.
        """
        if case.withdrawn or case.issued or not any(case.claims) or self._is_current(case.id):
            return
        start, count = case.place
        is_left = start != self._start and count == self._made.get(start, -1) + 1
        if not case.seq and not (self.seen.fresh.reached and is_left):
            return
        self.write(e.Withdrawn(case.id), now)

    def _decide(self, made: e.Request, now: Now) -> None:
        of = made.id.partition("/")[0]
        self._pace(of, now)
        if of != self._setup.origin and self._decided_for.get(of, 0) >= limits.DECIDED_FOR_ONE:
            return  # no table asks for so many in a day: it must not end this log
        epoch = self.books.chain(made.book).last.epoch
        bar = self._bar(made)
        outcome, reason, mark = e.Outcome.GRANTED, "", None
        if bar is not None:
            outcome, reason, mark = e.Outcome.REFUSED, bar.why, bar.mark
        table, marked_ms = (mark.table, mark.time_ms) if mark is not None else (0, 0)
        self.write(
            e.Decision(made.id, made.voter, made.elections, made.book, epoch, outcome, reason, made.target, table, marked_ms),
            now,
        )

    def _bar(self, made: e.Request) -> Barred | None:
        """Why the holder refuses a request; None to grant it."""
        if made.op is e.Op.UNDO:
            return None if self._may_undo(made) else Barred(Bar.CHANGED)
        if not self.ledger.poll_open or self.ledger.is_closed(made.id.partition("/")[0]):
            return Barred(Bar.NOT_OPEN)
        if self.ledger.referred_at(made.voter):
            return Barred(Bar.REFERRED)
        voter = self._find(made.voter)
        if voter is None or voter.book != made.book:
            return Barred(Bar.NOT_ON_LIST)
        may_be = self.weigh(voter, but=made.id)
        if rules.d4_grants(made, may_be):
            return None
        return may_be if isinstance(may_be, Barred) else Barred(Bar.CHANGED, self._mark_against(made))

    def _may_undo(self, made: e.Request) -> bool | None:
        """Whether an undo may be granted; None while that is not known here."""
        if made.target in (found.spot for found in self.ledger.found(made.voter)):
            return True
        if self.ledger.knows_found(made.voter, made.target):
            return False  # undone already
        target = self.ledger.cases.get(made.target)
        return rules.undo_grants(made, target, self.books, target is not None and self._run_is_over(target))

    def _run_is_over(self, case: Case) -> bool:
        """Whether no green can follow on a request: its table has started again since, or is attested as stopped."""
        start, _ = case.place
        return start < self.replica.last_start.get(case.origin, 0) or start <= self.books.attested(case.origin)

    def _pace(self, origin: str, now: Now) -> None:
        """Raise an alarm where one table asks for more voters than it can serve."""
        asked = self._asked[origin]
        asked.append(now.mono_ms)
        if origin != self._setup.origin and len(asked) == asked.maxlen and now.mono_ms - asked[0] < limits.PACE_MS:
            self.replica.refuse(Evidence(origin, Refusal.PACE, f"{len(asked)} voters within {limits.PACE_MS // 1000} s", b""))
            asked.clear()

    # --- undo ---

    @property
    def undos(self) -> list[Case]:
        """The last undos that were asked for here, or of marks made here."""
        mine = self._setup.origin + "/"
        return [
            case
            for case in self.ledger.undos
            if case.made is not None and (case.id.startswith(mine) or case.made.target.startswith(mine))
        ][-limits.UNDOS_TOLD :]

    def undoable(self, voter: int) -> list[Undoable]:
        """The marks of a voter that this node may ask to have taken back; none where it does not hold the register."""
        if not self.may_decide(REGISTER):
            return []
        requests = [
            Undoable(case.id, case.table, case.time_ms, elections, case.issued)
            for case, elections in self.ledger.marking(voter, limits.LISTED)
            if case.issued or self._run_is_over(case)
        ]
        cards = [
            Undoable(found.spot, found.table(self.books), found.time_ms, self._setup.elections, issued=True, found=True)
            for found in self.ledger.found(voter)
        ]
        return [*requests, *cards][: limits.LISTED]

    def ask_undo(self, voter: int, target: str, now: Now) -> str:
        """Ask the voter's holder to take back a mark: the request's id; "" where that mark can't be asked for here now."""
        mark = next((mark for mark in self.undoable(voter) if mark.target == target), None)
        book = self.basis.book_of(voter)
        if mark is None or book is None:
            return ""
        id_, register = self.request_id(), self.books.chain(REGISTER).last.epoch
        self.write(
            e.Request(
                id_, e.Op.UNDO, voter, book, mark.elections, self._setup.table or 0, target=target, register=register,
                handed_out=mark.issued,
            ),
            now,
        )  # fmt: skip
        return id_

    def _mark_against(self, made: e.Request) -> Mark | None:
        marks = self.ledger.marks(made.voter, but=made.id)
        return next((mark for mark in marks if set(mark.elections) & set(made.elections)), None)

    # --- moving a book ---

    def hand_over(self, book: int, to: str, now: Now) -> bool:
        """Give a book to another node. False where this node may not, or `to` is none."""
        if to == self._setup.origin or to not in self._setup.origins or not self.may_decide(book):
            return False
        self.write(e.Handover(book, self.books.chain(book).last.epoch + 1, to), now)
        return True

    def seal(self, book: int, stopped: Iterable[str], now: Now) -> bool:
        """Begin to take a book; the chair attests that `stopped` are. False where this node may not."""
        stopped = set(stopped) - {self._setup.origin}
        if not rules.may_seal(self.seen, book):
            return False
        if book == REGISTER and not self.books.is_overtaken(book) and self.books.holder(book) not in stopped:
            return False
        known = {origin: self.replica.have.get(origin, 0) for origin in sorted(stopped)}
        self.write(e.Seal(book, self.books.next_epoch(book), self.books.chain(REGISTER).last.epoch, known), now)
        return True

    def own_seal(self, book: int) -> Sealed | None:
        """The latest seal of this node that is pending on a book; None where there is none, or it may not go on with it."""
        epoch = self.books.unfinished(book)
        if epoch is None or not rules.may_seal(self.seen, book):
            return None
        register = self.books.chain(REGISTER).last.epoch
        mine = [
            s for s in self.books.seals_of(self._setup.origin, book, epoch) if book == REGISTER or s.seal.register == register
        ]
        return mine[-1] if mine else None

    def heard(self, head: Head) -> None:
        """A head may be an answer to a seal; the first one that is, is."""
        self._heard_of.add(head.origin)
        for book in self.books.sealed:
            sealed = self.own_seal(book)
            if sealed is not None and rules.is_answer(self.books, sealed, head):
                self._answers.setdefault((book, sealed.seq), {}).setdefault(head.origin, head.have)

    def answers(self, book: int, sealed: Sealed) -> dict[str, Mapping[str, int]]:
        """What each node has answered to an own seal: its vector."""
        return self._answers.get((book, sealed.seq), {})

    def waits_for(self, book: int, sealed: Sealed) -> set[str]:
        """Who must answer an own seal and has not."""
        return (
            rules.must_answer(self.seen, sealed, self.everyone(), self.replica.last_start) - self.answers(book, sealed).keys()
        )

    def fetches(self, book: int, sealed: Sealed) -> bool:
        """Whether entries are still on the way that the answers showed."""
        return not all(covers(self.replica.have, have) for have in self.answers(book, sealed).values())

    def cut(self, book: int, sealed: Sealed) -> int:
        """Where the old holder's log will be cut."""
        answers = self.answers(book, sealed)
        must = rules.must_answer(self.seen, sealed, self.everyone(), self.replica.last_start)
        old = self.books.old_holder(book, sealed.seal.epoch)
        return rules.cut_of(sealed, old, [have for origin, have in answers.items() if origin in must])

    def seize(self, book: int, to: str, now: Now, unscanned: int = 0) -> bool:
        """Take a sealed book. False where an answer or an entry is lacking, or `to` can't be its holder."""
        sealed = self.own_seal(book)
        if sealed is None or self.waits_for(book, sealed) or self.fetches(book, sealed):
            return False
        cut = self.cut(book, sealed)
        named = self.books.handed_to(book, sealed.seal.epoch, cut)
        to = named or (self._setup.origin if book == REGISTER else to)
        if to not in self._setup.origins or (to == self.books.old_holder(book, sealed.seal.epoch) and not named):
            return False
        answers = {o: have.get(o, 0) for o, have in self.answers(book, sealed).items()}
        answers[self._setup.origin] = sealed.seq
        for origin, seq in self.ledger.finders(sealed.seal.stopped).items():
            answers[origin] = max(seq, answers.get(origin, 0))
        if book == REGISTER:
            answers |= {o: seq for o, seq in self.replica.have.items() if is_later_disk(self._setup.origin, o)}
        seal = sealed.seal
        answers = dict(sorted(answers.items()))
        self.write(e.Seize(book, seal.epoch, seal.register, sealed.seq, to, cut, answers, unscanned), now)
        return True

    def unproved(self, sealed: Sealed) -> list[Case]:
        """The requests of a seal's stopped nodes without a decision that counts and stays: their cards are to be scanned
        again."""
        old = self.books.old_holder(sealed.seal.book, sealed.seal.epoch)
        cut = self.cut(sealed.seal.book, sealed)
        as_of = (sealed.author, sealed.seq, cut, self.books.version, sum(self.replica.have.values()))
        if as_of != self._unproved[0]:
            cases = [
                case
                for origin in sealed.seal.stopped
                for case in self.ledger.unproved(origin)
                if (found := case.outcome(self.books)) is None or (found.origin == old and found.seq > cut)
            ]
            self._unproved = as_of, cases
        return self._unproved[1]


def _books_of(find: Callable[[int], Voter | None]) -> Callable[[int], int | None]:
    """Each voter's book by the list; what was looked up lately is kept, as a decision follows its request."""

    @lru_cache(limits.BOOKS_KEPT)
    def book_of(number: int) -> int | None:
        voter = find(number)
        return voter.book if voter is not None else None

    return book_of
