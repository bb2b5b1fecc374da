"""What the rows of the desk's table are made of. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kiosk.domain import desk_states as d
from kiosk.domain.pages import Overview

Step = tuple[d.State, tuple[d.Effect, ...]]
Act = Callable[[Any, Any, d.Rules], Step]

HOME = (d.Ready, d.NotReady, d.Closed, d.Locked, d.Office)
SHOWN = (d.VoterShown, d.BirthDate)
ENDED = (d.Green, d.Refused, d.Referred)
SCANS = (d.Found, d.Turned, d.Misread)


@dataclass(frozen=True, slots=True)
class Transition:
    """One row of the table: what is done, and which states may follow."""

    act: Act
    to: tuple[type, ...]


class TransitionTable(dict[tuple[type, type], Transition]):
    """The rows by state and input; no pair stands twice."""

    def row(self, states: tuple[type, ...], inputs: tuple[type, ...], act: Act, *to: type) -> None:
        """Add a row for each state with each input; without `to`, the state stays."""
        for state in states:
            for given in inputs:
                assert (state, given) not in self, (state, given)
                self[state, given] = Transition(act, to or (state,))


def home(rules: d.Rules) -> d.NotReady | d.Ready | d.Closed | d.Locked | d.Office:
    """The state in which the desk waits."""
    facts = rules.facts
    if facts.locked:
        return d.Locked()
    if facts.office:
        return d.Office(Overview())
    if facts.lack is None:
        return d.Ready()
    return d.Closed() if facts.lack is d.NotReadyReason.CLOSED else d.NotReady(facts.lack)


def stay(state: d.State, _input: object, _rules: d.Rules) -> Step:
    return state, ()


def go_home(_state: d.State, _input: object, rules: d.Rules) -> Step:
    return home(rules), ()
