"""The chair's PIN: what is decided with it, in one sentence. Pure."""

from kiosk.domain import desk_states as d
from kiosk.domain import screens as s
from kiosk.domain.chair_actions import ExcuseDevices, GiveBook, ReleaseVoter, UndoMark
from kiosk.domain.view_context import ViewContext

_NODES_IN_A_QUESTION = 4  # more than these stand below it


def pin_screen(state: d.Pin, view: ViewContext) -> tuple[s.Pin, s.Button, s.Button]:
    """The pad, and its two buttons."""
    notice = view.say("pin_paused") if state.paused else view.say("pin_wrong") if state.wrong else ""
    hint = view.say("pin_hint")
    match state.action:
        case ReleaseVoter(voter) | UndoMark(voter):
            hint = f"{view.say('number', view.number(voter))}   {hint}"
        case ExcuseDevices(devices) if len(devices) > _NODES_IN_A_QUESTION:
            hint = f"{view.nodes(devices)}. {hint}"
    content = s.Pin(_decided(state, view), hint, 8, view.say("pin_forgotten"), notice)
    return content, s.Button("cancel", view.say("cancel")), s.Button("pin", view.say("decide"))


def _decided(state: d.Pin, view: ViewContext) -> str:
    """In one sentence what the PIN decides, with the names."""
    match state.action:
        case UndoMark() as undo:
            return _undoes(undo, view)
        case GiveBook(book, to):
            return view.say("pin_give", view.book(book), view.node(to))
        case ExcuseDevices(devices):
            return view.say("pin_excuse", _attested(devices, view))
        case plain:
            return view.say(f"pin_{plain.word}")


def _undoes(undo: UndoMark, view: ViewContext) -> str:
    """Which mark is taken back, and what follows."""
    marks = view.facts.marks
    mark = next((mark for mark in marks if (mark.target, mark.issued) == (undo.target, undo.handed_out)), None)
    if mark is None:
        return view.say("pin_undo")
    kind = "found" if mark.found else "issued" if mark.issued else "not_issued"
    kind += "_beside" if marks[1:] or view.facts.served else ""
    return view.say(f"pin_undo_{kind}", view.within(mark.table), view.clock(mark.time_ms))


def _attested(devices: frozenset[str], view: ViewContext) -> str:
    if len(devices) > _NODES_IN_A_QUESTION:
        return view.say("nodes_counted", len(devices))
    return view.nodes(devices)
