"""Each rule of PROTOCOL.md left out in turn, in the very code that runs; the simulator must find out.

`python -m tests.fold.mutations [--each N] [NAME …]` looks for the first day that catches each. `CAUGHT_BY` keeps it for the
test; `WHY_NOT` tells of those that no day catches.
"""

import argparse
import inspect
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kiosk.domain import books, cases, ledger, membership, rules
from tests.fold import machine
from tests.fold.__main__ import one_day
from tests.fold.day import Day, Wrong
from tests.fold.scenarios import SCENARIOS

Owner = Any
Cut = tuple[Owner, str, str, str]
"""A function of a module or a class, and in its text what is put for what."""

MUTATIONS: dict[str, list[Cut]] = {
    "L: what an entry knows need not be there": [
        (machine.Log, "may_take", "self.books.runs.have(body.knows)", "True"),
    ],
    "M: a run is a member at once": [(membership.Membership, "reach", "self.reached = vouched or", "self.reached = True or")],
    "M: no head is by a member": [(membership.Membership, "reach", "self._members.values()", "self._heads.values()")],
    "M: one member's head is enough": [(membership.Membership, "reach", " and not self.awaited()", "")],
    "M: a head from before the start will do": [
        (membership.Membership, "heard", "self._run and head.have.get(self._run)", "self._run"),
    ],
    "M: what heads showed need not be here": [(membership.Membership, "_has", "self._runs.have_stored(head.have)", "True")],
    "M: who has written a view is no member": [(membership.Membership, "viewed", "bool(self._run)", "self.reached")],
    "T: a twin goes on": [(rules, "t_no_twin", "len(books.runs.devices[mine.device]) == mine.nth", "True")],
    "T: a run that a stop names goes on": [(rules, "may_go_on", "and not seen.books.is_named(seen.run)", "")],
    "D1: whoever has ever held it": [
        (rules, "d1_holds", "chain.last.holder.name == run", "run in {h.holder.name for h in chain.holdings.values()}"),
    ],
    "D1: a step may be open": [(rules, "d1_holds", "not chain.open and ", "")],
    "D1: a pending stop may name it": [(rules, "d1_holds", "and not chain.pending", "")],
    "D2: no member need be": [(rules, "d2_member", "seen.member.reached", "True")],
    "D4: decided again": [(rules, "d4_decidable", "ledger.outcome(case) is None and", "")],
    "D4: though withdrawn": [(rules, "d4_decidable", "not case.withdrawn and", "")],
    "D4: though issued": [(rules, "d4_decidable", "and not case.issued", "")],
    "D4: though marked": [
        (rules, "d4_grants", "isinstance(may, Eligible) and set(made.elections) <= set(may.elections)", "True")
    ],
    "D4: an undo of what may still turn green": [
        (rules, "d4_undo", "is_over(ledger, target) or None", "True"),
    ],
    "D4: an undo of nothing handed out, though it was": [(rules, "d4_undo", "False if target.issued else ", "")],
    "G1: of an earlier run": [(rules, "g1_own", "case.run == seen.run", "case.device == seen.device")],
    "G1: not on this disk": [(rules, "g1_own", "<= run.stored", "")],
    "G1: though withdrawn": [(rules, "g1_own", "and not case.withdrawn", "")],
    "G1: though a twin is known": [(machine.Machine, "may_show_green", "or not rules.may_go_on(self.seen)", "")],
    "G2: though held back": [(rules, "g2_counts", "or not seen.ledger.counts(found)", "")],
    "G2: though a later start says that its author was over": [(rules, "g2_counts", "later.first > found.seq", "True")],
    "G3: one disk is enough": [(rules, "g3_two_disks", "or seen.island", "or True")],
    "G3: though a head knows what is not known here": [(rules, "g3_two_disks", "and seen.books.runs.have(head.have)", "")],
    "W: a head shows what is not on disk": [(machine.Machine, "_spoken", "stored", "vector")],
    "W: what is not on disk is sent": [(machine.Machine, "sent", "return self.disk", "return self.disk + self.memory")],
    "W: a commit leaves out what came from others": [
        (
            machine.Machine,
            "_put_on_disk",
            "self.disk += self.memory",
            "self.disk += [one for one in self.memory if one.device == self.device]",
        ),
    ],
    "chain 1: a give beyond the view below": [
        (books.Books, "_step", "and (viewed is None or viewed.has(run.name, given[0]))", ""),
    ],
    "chain 1: no give": [(books.Books, "_step", "if given is not None and", "if given is not None and False and")],
    "chain 1: to a run that the giver did not know": [
        (books.Books, "_is_to_known", "self.runs.shows(give.knows, to.name, to.first)", "True")
    ],
    "chain 2: a start beyond the view below": [
        (books.Books, "_step", "if viewed is None or viewed.has(r.name, r.first)", ""),
    ],
    "chain 2: no later run": [(books.Books, "_step", "for r in run.after if", "for r in () if")],
    "chain 2: a start twice": [(books.Books, "_step", "if step.hold not in been", "")],
    "chain 3: no view": [(books.Books, "_step", "if below is None or", "if True or below is None or")],
    "chain 3: a view that is not above the last": [(books.Books, "_chain", "view.rank > through and ", "")],
    "chain 3: the highest view": [
        (books.Books, "_chain", "for view in self._views if", "for view in reversed(self._views) if")
    ],
    "chain 3: all that the stopped wrote counts": [(books.Books, "_step", "viewed.of(run), is_view", "None, is_view")],
    "open: no step is": [(books.Books, "_chain", "step is not None and not all", "False and not all")],
    "open: no view is": [
        (books.Books, "_chain", "step is not None and not all", "step is not None and not step.is_view and not all")
    ],
    "counts: what a pending stop lacks": [
        (books.Books, "counts", "all(stopped.knows.has(author, seq) for stopped in chain.pending)", "True")
    ],
    "counts: in whatever hold": [(books.Books, "counts", "chain.holdings.get(hold)", "chain.last")],
    "valid views: all": [(books.Books, "_valid_views", "if all(higher", "if True or all(higher")],
    "named: runs that began unseen too": [(books, "named", "and stopped.knows.knew(run)", "")],
    "pending: none": [(books.Books, "_look", "if s.rank > top", "if False")],
    "mark: pending stops not left aside": [(books.Books, "held", "pending=False", "pending=True")],
    "mark: only what counts": [
        (
            ledger.Ledger,
            "_is_held",
            "group[2] in self.books.held(book)",
            "self.books.chain(book).last.holder.device == group[2]",
        ),
    ],
    "mark: a grant is none": [
        (ledger.Ledger, "_is_held", "return book is not None and group[2] in self.books.held(book)", "return False")
    ],
    "mark: withdrawn beats issued": [(cases.Case, "given_up", "and not self.issued", "")],
    "undone: does not give way to issued": [(ledger.Ledger, "undone", "(undo.made.handed_out or not case.issued)", "True")],
    "undone: by a grant that is held back": [(ledger.Ledger, "_undoes", "and self.counts(found)", "")],
    "card: is no mark": [(ledger.Ledger, "_card", "self._found.setdefault(body.voter, {})[spot] = found", "pass")],
    "card: none is scanned": [(Day, "scan", "and most:", "and not most:")],
    "stop: a number that is not above all": [(rules, "may_stop", "stopped.stop.n < n", "True")],
    "view: without all answers": [(rules, "may_view", "and not must_answer(seen, stopped, answers)", "")],
    "view: must_answer asks nobody": [(rules, "must_answer", "(delivered | seen.books.runs.begun) -", "set() -")],
    "view: not all that heads showed": [(rules, "may_view", "and has_all", "")],
    "view: though a higher stop is known": [(rules, "may_view", "and highest", "")],
    "view: any head acknowledges": [
        (rules, "acknowledges", "books.runs.shows(head.have, stopped.author, stopped.seq)", "True")
    ],
}

CAUGHT_BY: dict[str, tuple[str, int, bool]] = {
    "L: what an entry knows need not be there": ("power_cut_between_stop_and_view", 0, False),
    "M: a run is a member at once": ("two_copies_at_once", 0, False),
    "M: one member's head is enough": ("two_copies_at_once", 2, False),
    "M: who has written a view is no member": ("power_cut_between_stop_and_view", 0, False),
    "T: a twin goes on": ("two_copies_at_once", 0, False),
    "D2: no member need be": ("two_copies_at_once", 0, False),
    "D4: decided again": ("undo_of_what_may_still_turn_green", 13, False),
    "D4: though marked": ("undo_of_what_may_still_turn_green", 0, False),
    "D4: an undo of what may still turn green": ("undo_of_what_may_still_turn_green", 0, False),
    "G1: not on this disk": ("witness_forgets", 0, False),
    "G3: one disk is enough": ("two_stops_cross", 0, False),
    "G3: though a head knows what is not known here": ("twin_grants", 0, False),
    "W: a head shows what is not on disk": ("witness_forgets", 1, False),
    "W: what is not on disk is sent": ("spare_put_in", 0, False),
    "W: a commit leaves out what came from others": ("", 0, False),
    "chain 1: a give beyond the view below": ("give_just_before_a_stop", 2, False),
    "chain 1: no give": ("two_stops_cross", 0, True),
    "chain 2: a start beyond the view below": ("", 0, True),
    "chain 2: no later run": ("", 0, False),
    "chain 3: no view": ("", 0, False),
    "chain 3: the highest view": ("", 0, True),
    "chain 3: all that the stopped wrote counts": ("", 0, True),
    "open: no step is": ("two_stops_cross", 0, True),
    "open: no view is": ("two_stops_cross", 0, True),
    "counts: what a pending stop lacks": ("power_cut_between_stop_and_view", 0, True),
    "counts: in whatever hold": ("", 0, True),
    "valid views: all": ("two_stops_cross", 0, True),
    "named: runs that began unseen too": ("two_stops_cross", 0, False),
    "pending: none": ("two_stops_cross", 0, True),
    "mark: only what counts": ("restart_between_ask_and_grant", 2, True),
    "mark: a grant is none": ("old_desk_after_a_power_cut", 0, False),
    "mark: withdrawn beats issued": ("give_just_before_a_stop", 2, True),
    "card: is no mark": ("two_tables_die", 0, False),
    "G1: though withdrawn": ("withdrawn_while_it_was_granted", 0, False),
    "G2: though a later start says that its author was over": ("twin_grants", 4, False),
    "G1: of an earlier run": ("undo_of_what_may_still_turn_green", 4, False),
    "card: none is scanned": ("two_tables_die", 0, False),
    "undone: does not give way to issued": ("undo_of_what_may_still_turn_green", 13, False),
    "view: without all answers": ("a_table_that_has_not_acknowledged", 0, False),
    "view: must_answer asks nobody": ("a_table_that_has_not_acknowledged", 0, False),
    "view: not all that heads showed": ("a_table_that_has_not_acknowledged", 9, False),
    "view: any head acknowledges": ("a_table_that_has_not_acknowledged", 0, False),
}
"""The scenario, the seed, and whether it takes the own fold to see it."""

WHY_NOT: dict[str, str] = {
    "G2: though held back": "the requester has acknowledged, and its view comes soon; the stories of a stop need it",
    "M: what heads showed need not be here": "no day of these needs it any more; the stories of members do",
    "M: a head from before the start will do": "no day of these needs it any more; the story of old heads does",
    "M: no head is by a member": "the opening makes members of who ran before it; the stories of members need it",
    "stop: a number that is not above all": "a code is used once; a lower view would not count, as the higher one lacks it",
    "view: though a higher stop is known": "its step is open while the higher stop is pending, and then it does not count",
    "undone: by a grant that is held back": "nobody decides in that book while the stop is pending",
    "T: a run that a stop names goes on": "who is named is off, else it is a false word; it comes back as a new run",
    "D1: whoever has ever held it": "a decision does not count in a hold that is another's",
    "D1: a step may be open": "the stop that may take it back is pending and names the holder",
    "D1: a pending stop may name it": "who is named is off, else it is a false word",
    "D4: though withdrawn": "a grant of what was withdrawn is no mark, and by G1 nothing shows green on it",
    "D4: though issued": "it is a mark already",
    "D4: an undo of nothing handed out, though it was": "such an undo gives way to `issued`",
    "G1: though a twin is known": "G2 sees the later start, and G3 the twin in the head",
    "chain 1: to a run that the giver did not know": "only a thief gives so; test_rules has the story",
    "chain 2: a start twice": "only two thieves can; then the chain has no end, see test_cost",
    "chain 3: a view that is not above the last": "a view's author holds after it, and no view names him that is below his own",
    "mark: pending stops not left aside": "who would decide waits for the view, and then knows it",
}


@contextmanager
def left_out(name: str) -> Iterator[None]:
    """Let the rule be left out for a while."""
    kept = []
    for owner, attribute, old, new in MUTATIONS[name]:
        was = inspect.getattr_static(owner, attribute)
        function = was.fget if isinstance(was, property) else was
        text = textwrap.dedent(inspect.getsource(function))
        text = text.removeprefix("@property\n")
        assert text.count(old) == 1, f"{name}: {old!r} is there {text.count(old)} times"
        space = dict[str, Any]()
        exec(compile(text.replace(old, new), f"<{name}>", "exec"), function.__globals__, space)
        changed = space[attribute]
        kept.append((owner, attribute, was))
        setattr(owner, attribute, property(changed) if isinstance(was, property) else changed)
    try:
        yield
    finally:
        for owner, attribute, was in kept:
            setattr(owner, attribute, was)


def is_caught(name: str, scenario: str, seed: int, *, compares: bool = False) -> str:
    """What the simulator says of this day without the rule; "" for nothing."""
    with left_out(name):
        try:
            one_day(seed, scenario, compares=compares)
        except Wrong as found:
            return str(found.args[0])
    return ""


def first_day(name: str, each: int) -> tuple[str, int, bool, str] | None:
    """The first day that catches it, of so many of each scenario: by what is promised, or else by the own fold."""
    for compares in (False, True):
        for seed in range(each):
            for scenario in ["", *SCENARIOS]:
                if why := is_caught(name, scenario, seed, compares=compares):
                    return scenario, seed, compares, why
    return None


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--each", type=int, default=4, help="days of each scenario")
    parser.add_argument("names", nargs="*")
    asked = parser.parse_args()
    missed = 0
    for name in [name for name in MUTATIONS if not asked.names or any(name.startswith(part) for part in asked.names)]:
        found = first_day(name, asked.each)
        if found is None:
            missed += name not in WHY_NOT
            print(f'    "{name}": not caught', flush=True)
        else:
            scenario, seed, compares, why = found
            print(f'    "{name}": ("{scenario}", {seed}, {compares}),  # {why[:100]}', flush=True)
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main())
