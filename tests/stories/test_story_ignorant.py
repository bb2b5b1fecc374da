"""A card that has heard nobody knows of no other device: a code used there takes nothing before all delivered ones answer."""

from kiosk.domain.codetext import Code
from tests import made_up
from tests.stories.place import Place


def test_a_spare_that_has_heard_nobody_takes_no_book() -> None:
    """A spare is put in for a dead table, and the chair uses a code at it before it hears anybody: it must wait for all tables
    of the plan, or its view would know of no mark at all."""
    place = Place().morning()
    place.serve("T1", 101)
    place.crash("T1")
    place.put_in_spare("T1")
    place.cut_off("T1")
    place.restart("T1")
    code = made_up.read_code(made_up.code(2))
    assert isinstance(code, Code)
    place.core("T1").books.stop(code, {"T1.1"}, place.now)
    place.pass_time_at("T1", 1_000)
    assert set(place.stopping("T1").waits_for) == {"S.1", "T2.1", "T3.1"}
    assert not place.decides("T1", 1)
    place.heal()
    place.wait(5_000)
    assert place.stopping("T1").ready
    assert place.marked("T1", 101)
