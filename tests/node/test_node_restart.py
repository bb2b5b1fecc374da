"""Stories of a table that stops at any moment: no mark is lost, and the clerk is asked what only a person can know."""

from collections.abc import Callable

import pytest
from node_loop import ANNE, BENT, BOTH, CARL, KEYED, OF_TWO, SETUP, VOTERS, Loop, keyed

from kiosk.domain import entries as e
from kiosk.domain import screens as s
from kiosk.domain.eligibility import Eligible
from kiosk.node import Commit, Scanned, Setup, Steps

Step = Callable[[Loop], object]


def opened(setup: Setup = SETUP) -> Loop:
    return Loop(setup).opened()


def approved(voter=ANNE) -> Loop:
    """Green is on the screen, and nobody has said that it was drawn."""
    return opened().scan(voter.number).touch("approve")


def test_crash_under_green() -> None:
    """After a crash under a green light the clerk is asked about that voter, with the ballots and the time."""
    loop = approved(CARL)
    again = loop.restarted()
    content = again.screen.content
    assert (again.shown, content.name, content.number) == ("Unresolved", CARL.name, "nr. 000 003")
    assert [ballot.election for ballot in content.ballots] == ["byråd"]
    assert content.asked == f"Godkendt kl. {SETUP.view.clock(loop.entries[3].entry.time)}, lige før bordet stoppede."


def answered(*, issued: Loop | None = None, withdrawn: Loop | None = None) -> e.Start:
    """The start of a run with the clerk's answer about the one request before it."""
    loop = issued or withdrawn
    assert loop is not None
    (request,) = loop.bodies(e.Request)
    run = request.id.partition("/")[0]
    return e.Start(run, (request.id,) if issued else (), (request.id,) if withdrawn else ())


def test_yes() -> None:
    """Yes: the ballots are issued, never green again, and the voter is not served a second time."""
    again = approved().restarted().touch("yes")
    assert (again.shown, again.bodies()[-1]) == ("Ready", answered(issued=again))
    assert again.node.ledger.totals().issued == {"byraad": 1, "region": 1}
    assert again.scan(ANNE.number).screen.content.code == "A1"
    assert not any(isinstance(screen.content, s.Green) for screen in again.screens)


def test_a_table_that_is_alone_never_says_that_it_is_not_ready() -> None:
    """Nobody is waited for: from the start, and from the last answer, it goes straight to the next voter."""
    asked = approved().restarted()
    for again in (opened().restarted(), asked.touch("yes")):
        assert again.shown == "Ready"
        assert not any(s.shows(screen.content, s.Kind.NOT_READY) for screen in again.screens)


def test_no() -> None:
    """No: the request is withdrawn, which speaks for itself, and the voter is served with a new request."""
    again = approved().restarted().touch("no")
    assert (again.shown, again.bodies()[-1]) == ("Ready", answered(withdrawn=again))
    assert list(again.node.ledger.marks(ANNE.number)) == []
    again.serve(ANNE)
    assert (again.shown, again.node.ledger.totals().issued) == ("Green", {"byraad": 1, "region": 1})


def test_dont_know() -> None:
    """Nobody knows: nothing is written for the request and its mark stays, while the table goes on. The next run asks again."""
    again = approved().restarted().touch("unsure")
    assert (again.shown, again.kinds()[-1]) == ("Ready", "Start")
    assert again.scan(ANNE.number).screen.content.code == "A1"
    again.touch("next").serve(BENT)
    assert (again.shown, again.node.ledger.totals().issued) == ("Green", {"byraad": 1, "region": 1})
    assert all(start.withdrawn == start.issued == () for start in again.bodies(e.Start))
    third = again.restarted()
    assert (third.shown, third.screen.content.name) == ("Unresolved", ANNE.name)


def test_dont_know_leads_to_the_next_question() -> None:
    """Two requests were left open: who does not know about one is asked about the other, and about neither again."""
    loop = approved().restarted().touch("unsure")
    again = loop.scan(BENT.number).touch("approve").restarted()
    assert (again.shown, again.screen.content.name) == ("Unresolved", ANNE.name)
    again.touch("unsure")
    assert (again.shown, again.screen.content.name) == ("Unresolved", BENT.name)
    assert again.touch("unsure").shown == "Ready"


def test_the_question_comes_again() -> None:
    """A table that stops while it asks will ask again, until it is answered, and then never more."""
    loop = approved()
    for _ in range(3):
        loop = loop.restarted()
        assert (loop.shown, loop.screen.content.name) == ("Unresolved", ANNE.name)
    assert loop.touch("yes").restarted().shown == "Ready"
    assert loop.restarted().restarted().shown == "Ready"


def test_nothing_goes_past_the_question() -> None:
    """While the question stands, no scan, touch or time serves anybody or answers it."""
    loop = approved().restarted().scan(ANNE.number).scan(BENT.number).scan("stray").wait(10_000_000)
    assert (loop.shown, loop.screen.content.notice) == ("Unresolved", "Et kort er skannet. Svar først.")
    for touch in ("cancel", "next", "menu", "approve", "type", "close_table"):
        loop.touch(touch)
    loop.put(s.Drawn(loop.screen.number))
    assert (loop.shown, loop.kinds()[-1]) == ("Unresolved", "Decision")


def test_touches_of_the_run_before() -> None:
    """An answer touched on any screen of the run before is dropped, however many screens either run has shown."""
    before = approved()
    for n in range(50):
        before.put(Scanned(f"stray {n}"))
    after = before.restarted(mono_ms=before.mono_ms + 1)
    for screen in before.screens:
        after.put(s.Touch(screen.asks, "yes"), s.Touch(screen.asks, "no"), s.Drawn(screen.number))
    assert (after.shown, after.kinds()[-1]) == ("Unresolved", "Decision")


def test_closed_table_asks_too() -> None:
    """The question comes first also where the poll can't be gone on with, and leads back to why."""
    again = approved().restarted(setup=OF_TWO)
    assert again.shown == "Unresolved"
    assert again.touch("yes").screen.content.code == "K2"


# --- every moment -----------------------------------------------------------------------------------------------------


def day(setup: Setup) -> list[Step]:
    """A piece of a day, as the turns of the loop."""

    def touch(word: str, value: str = "") -> Step:
        return lambda loop: loop.touch(word, value)

    def approve(voter) -> Step:
        return touch("approve", keyed(voter.born) if setup.birth_date_keyed else "")

    def scan(text: str | int) -> Step:
        return lambda loop: loop.scan(text)

    def draw(loop: Loop) -> object:
        return loop.draw()

    return [
        scan(ANNE.number),
        scan("stray"),
        approve(ANNE),
        draw,
        scan(ANNE.number),
        scan(CARL.number),
        approve(CARL),
        touch("next"),
        scan(BENT.number),
        touch("cancel"),
        touch("type"),
        touch("number", "2"),
        approve(BENT),
        scan("stray"),
        draw,
        scan(ANNE.number),
        touch("next"),
        touch("menu"),
        touch("close_table"),
        touch("pin", "271828"),
    ]


def crashed(setup: Setup, steps: int, phase: str) -> Loop:
    """A run that stops in its step number `steps`: before the commit, after it, or after its screen."""
    loop, todo = Loop(setup).opened(), day(setup)
    for step in todo[: steps - 1]:
        step(loop)
    todo[steps - 1](loop if phase == "after the screen" else NoScreen(loop, keep=phase == "after the commit"))
    return loop


class NoScreen(Loop):
    """The last turn of a run: its entries reach the disk, or not even that, and its screen nobody."""

    def __init__(self, of: Loop, *, keep: bool = True) -> None:
        self.__dict__ = of.__dict__
        self._keep = keep

    def carry_out(self, steps: Steps) -> None:
        if self._keep:
            self.write(next(step for step in steps if isinstance(step, Commit)).rows)


PHASES = ["before the commit", "after the commit", "after the screen"]


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("setup", [SETUP, KEYED], ids=["compare", "enter"])
def test_crash_at_every_step(setup: Setup, phase: str) -> None:
    """Wherever a run stops, the clerk is asked about exactly the voter whose green may have been seen, and the answer holds."""
    asked_about = set()
    for steps in range(1, len(day(setup)) + 1):
        loop = crashed(setup, steps, phase)
        in_doubt = in_doubt_on(loop.bodies())
        assert len(in_doubt) <= 1
        assert (loop.restarted().shown == "Unresolved") == bool(in_doubt)
        for number in in_doubt:
            asked_about.add(number)
            for answer in ("yes", "no"):
                check_answer(loop.restarted(), VOTERS[number], answer)
    assert asked_about == {ANNE.number, BENT.number, CARL.number}


def in_doubt_on(bodies: list[e.Body]) -> list[int]:
    """Whose ballots were granted and neither issued nor withdrawn, read from the disk without a ledger."""
    made = {body.id: body.voter for body in bodies if isinstance(body, e.Request)}
    ended = {body.request for body in bodies if isinstance(body, e.Issued | e.Withdrawn)}
    ended |= {id_ for body in bodies if isinstance(body, e.Start) for id_ in (*body.issued, *body.withdrawn)}
    granted = {body.request for body in bodies if isinstance(body, e.Decision) and body.outcome is e.Outcome.GRANTED}
    return [voter for id_, voter in made.items() if id_ in granted - ended]


def check_answer(again: Loop, voter, answer: str) -> None:
    """The answer is on the disk, and the voter is served exactly if there are no ballots out."""
    assert again.screen.content.name == voter.name
    again.touch(answer)
    assert again.shown == "Ready"
    start = again.bodies(e.Start)[-1]
    assert (len(start.issued), len(start.withdrawn)) == ((1, 0) if answer == "yes" else (0, 1))
    again.scan(voter.number)
    assert again.shown == ("Refused" if answer == "yes" else "BirthDate" if again.setup.birth_date_keyed else "VoterShown")


def test_ids_are_never_used_again() -> None:
    """Over restarts that lose what was not on disk, no request id, seq or link is ever used twice."""
    loop = opened()
    for voter in (ANNE, BENT, CARL):
        loop.scan(voter.number)
        loop.take(loop.touch_of("approve"))  # lost: never committed
        loop = loop.restarted().scan(voter.number).touch("approve").restarted().touch("no")
        loop.scan(voter.number).touch("approve").draw().touch("next")
    ids = [request.id for request in loop.bodies(e.Request)]
    assert len(ids) == len(set(ids)) == 6
    assert [written.entry.seq for written in loop.entries] == list(range(1, len(loop.entries) + 1))
    links = [SETUP.first_prev, *(e.entry_hash(written.data) for written in loop.entries)]
    assert [written.entry.prev for written in loop.entries] == links[:-1]
    runs = [written.entry.run for written in loop.entries if isinstance(written.entry.body, e.Start)]
    assert len(runs) == len(set(runs))
    assert {id_.split("/")[0] for id_ in ids} <= set(runs)


def test_the_bytes_given_out_are_the_entries() -> None:
    """What is handed out to be signed and stored is each entry in canonical form."""
    for written in opened().serve(ANNE).entries:
        assert e.decode_entry(written.data) == written.entry
        assert e.is_canonical(written.entry, written.data)


def test_device_that_was_off() -> None:
    """After a reboot the steady clock begins again, and nothing depends on it."""
    loop = opened().serve(ANNE).wait(5_000_000)
    again = loop.restarted(mono_ms=0)
    assert again.scan(ANNE.number).screen.content.code == "A1"
    assert again.serve(BENT).wait(SETUP.clear_ms).shown == "Ready"


def test_everybody_is_served_in_the_end() -> None:
    """After crashes and truthful answers nobody is locked out: who got no ballots gets them, all of them."""
    loop = opened()
    for voter in (ANNE, BENT, CARL):
        loop = loop.scan(voter.number).touch("approve").restarted().touch("no")
        assert isinstance(loop.node.books.weigh(voter), Eligible)
        loop.serve(voter).touch("next")
    assert loop.node.ledger.totals().issued == {"byraad": 3, "region": 2}
    assert {election for request in loop.bodies(e.Request) for election in request.elections} == set(BOTH)
