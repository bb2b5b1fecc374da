"""Stories of wrong birth dates: three in all for a voter, then the secretary, until the chair gives a new try."""

from dataclasses import replace

import pytest
from node_loop import ANNE, BENT, CARL, DORA, KEYED, PIN, SETUP, VOTERS, WRONG, Loop, card, keyed

from kiosk import limits
from kiosk.domain import desk_states as d
from kiosk.domain import entries as e
from kiosk.domain import screens as s
from kiosk.node import Commit, Overran, Scanned, ScannerSeen

USED = "Forkert dato: forsøg {} af 3."


def referred() -> Loop:
    """Anne has given three wrong dates, and her referral is on the screen."""
    return Loop(KEYED).opened().refer(ANNE)


def at_the_pad() -> Loop:
    """The chair is asked for the PIN that releases Anne."""
    return referred().touch("release_voter")


def home(loop: Loop) -> Loop:
    """The table, waiting for a card."""
    return loop if loop.shown == "Ready" else loop.touch("next" if loop.shown != "Pin" else "cancel")


def keyed_in(loop: Loop, number: str) -> Loop:
    """A voter without a card."""
    return home(loop).touch("type").touch("number", number)


def is_referred(loop: Loop, voter=ANNE) -> bool:
    """Whether a scan and a keyed number of this voter both lead to the secretary."""
    shown = {home(loop).scan(voter.number).shown, keyed_in(loop, str(voter.number)).shown}
    shown.add(keyed_in(loop, card(voter.number)).shown)
    assert len(shown) == 1
    home_or_cancel(loop)
    return shown == {"Referred"}


def home_or_cancel(loop: Loop) -> Loop:
    return loop.touch("cancel") if loop.shown in ("BirthDate", "VoterShown") else home(loop)


# --- three tries ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("leave", ["cancel", "idle", "other"])
def test_wrong_dates_are_not_forgotten(leave: str) -> None:
    """Cancelling, waiting until the voter is gone or serving another between the tries gives no new ones: three in all."""
    loop = Loop(KEYED).opened()
    for used in range(3):
        loop.scan(ANNE.number)
        assert (loop.shown, loop.screen.content.notice) == ("BirthDate", USED.format(used) if used else "")
        loop.touch("approve", WRONG)
        if used == 2:
            break
        assert loop.screen.content.notice == USED.format(used + 1)
        loop.wait(limits.IDLE_MS) if leave == "idle" else loop.touch("cancel")
        assert (loop.shown, loop.kinds(3)) == ("Ready", [])
        if leave == "other":
            loop.scan(BENT.number).touch("approve", WRONG).touch("cancel")
    assert (loop.shown, loop.bodies()[3:]) == ("Referred", [e.Referred(ANNE.number)])


def test_keyed_and_scanned_are_one_count() -> None:
    """Tries with the card and with the keyed number are the same voter's."""
    loop = Loop(KEYED).opened().scan(ANNE.number).touch("approve", WRONG).touch("cancel")
    keyed_in(loop, "1").touch("approve", WRONG).touch("cancel")
    keyed_in(loop, card(1))
    assert loop.screen.content.notice == USED.format(2)
    assert loop.touch("approve", WRONG).shown == "Referred"


def test_tries_are_each_voters_own() -> None:
    """One voter's wrong dates use up nobody else's tries, and one voter's referral refers nobody else."""
    loop = Loop(KEYED).opened().scan(ANNE.number).touch("approve", WRONG).touch("approve", WRONG).touch("cancel")
    loop.scan(BENT.number)
    assert loop.screen.content.notice == ""
    loop.touch("approve", WRONG).touch("approve", keyed(BENT.born)).draw()
    assert (loop.shown, loop.screen.content.name) == ("Green", BENT.name)
    loop.scan(ANNE.number).touch("approve", WRONG)
    assert loop.shown == "Referred"
    assert loop.serve(CARL).shown == "Green"
    assert loop.bodies(e.Referred) == [e.Referred(ANNE.number)]


def test_right_date_at_the_third_try_after_cancelling() -> None:
    """Two wrong dates over two visits and the right one at the third are enough, and nothing is written of them."""
    loop = Loop(KEYED).opened()
    for _ in range(2):
        loop.scan(ANNE.number).touch("approve", WRONG).touch("cancel")
    assert loop.serve(ANNE).shown == "Green"
    assert loop.kinds(3) == ["Request", "Decision", "Issued"]


def test_known_in_person_is_no_try() -> None:
    """Who is known in person needs no date, also after two wrong ones, and it is recorded how."""
    loop = Loop(KEYED).opened().scan(ANNE.number).touch("approve", WRONG).touch("approve", WRONG)
    loop.touch("approve", WRONG, how="known")
    assert (loop.shown, [request.how for request in loop.bodies(e.Request)]) == ("Green", [e.How.KNOWN])
    assert loop.bodies(e.Referred) == []


def test_one_touch_is_one_try() -> None:
    """Two taps on a wrong date, together or late, use one try; so does one that waits behind a scan: none."""
    loop = Loop(KEYED).opened().scan(ANNE.number)
    tap = loop.touch_of("approve", WRONG)
    loop.put(tap, tap, tap).put(tap)
    assert loop.screen.content.notice == USED.format(1)
    loop.put(Scanned(card(2)), loop.touch_of("approve", WRONG))
    assert "000 002" in loop.screen.content.notice
    assert loop.touch("approve", WRONG).screen.content.notice == USED.format(2)


def test_scans_between_tries() -> None:
    """Cards and stray codes between the tries neither use one nor give one back."""
    loop = Loop(KEYED).opened().scan(ANNE.number)
    for used in (1, 2):
        loop.touch("approve", WRONG)
        assert loop.screen.content.notice == USED.format(used)
        loop.scan(ANNE.number).scan(BENT.number).scan("stray").put(Overran()).put(ScannerSeen(present=used == 2))
    assert loop.touch("approve", WRONG).shown == "Referred"
    assert loop.scan(BENT.number).screen.content.notice == ""


def test_tries_below_three_end_with_the_run() -> None:
    """Two wrong dates are forgotten when the table stops, since nothing was written; the third of a run is not."""
    loop = Loop(KEYED).opened()
    for _ in range(2):
        loop = loop.scan(ANNE.number).touch("approve", WRONG).touch("approve", WRONG).restarted()
        assert loop.scan(ANNE.number).screen.content.notice == ""
    for _ in range(3):
        loop.touch("approve", WRONG)
    assert loop.restarted().scan(ANNE.number).shown == "Referred"


# --- referred ---------------------------------------------------------------------------------------------------------


def test_referred_stays_referred() -> None:
    """Over touches, time, restarts, in either mode, with the card or by number, the voter is sent to the secretary."""
    loop = home(referred())
    assert is_referred(loop)
    for setup, wait in ((KEYED, 0), (SETUP, 0), (KEYED, 10 * 3_600_000), (SETUP, limits.IDLE_MS)):
        loop = loop.restarted(setup=setup).wait(wait)
        assert (loop.shown, is_referred(loop), is_referred(loop, BENT)) == ("Ready", True, False)
    assert loop.kinds().count("Referred") == 1
    assert not loop.bodies(e.Request)


def test_what_a_referred_voter_may_do() -> None:
    """On the screen of a referral no date and no answer is taken, in compare mode neither."""
    for loop in (referred(), referred().restarted(setup=SETUP).scan(ANNE.number)):
        before = loop.screen, loop.kinds()
        for touch in ("approve", "yes", "no", "pin", "number", "cancel", "type", "menu"):
            for how in ("", "known"):
                loop.touch(touch, keyed(ANNE.born), how)
        assert (loop.screen, loop.kinds()) == before


def test_referral_rests_on_the_disk() -> None:
    """The screen of the third wrong date comes after its entry; a table that stops before that has forgotten the tries."""
    loop = Loop(KEYED).opened().scan(ANNE.number).touch("approve", WRONG).touch("approve", WRONG)
    commit = next(loop.take(loop.touch_of("approve", WRONG)))
    assert isinstance(commit, Commit)
    assert type(loop.node.screen.content) is s.BirthDate
    assert loop.restarted().scan(ANNE.number).screen.content.notice == ""
    loop.write(commit.rows)
    assert [written.entry.body for written in loop.log[-1]] == [e.Referred(ANNE.number)]
    assert loop.restarted().scan(ANNE.number).shown == "Referred"


@pytest.mark.parametrize("setup", [SETUP, KEYED], ids=["compare", "enter"])
def test_referred_goes_home(setup: object) -> None:
    """A referral that nobody touches leaves the screen after two minutes with the voter's data, and still holds."""
    loop = referred().restarted(setup=setup).scan(ANNE.number).wait(limits.IDLE_MS - 1)
    assert (loop.shown, loop.screen.content.name) == ("Referred", ANNE.name)
    loop.wait(1)
    assert loop.shown == "Ready"
    assert ANNE.name not in s.encode(loop.screen).decode()
    assert is_referred(loop)


def test_other_cards_on_a_referral() -> None:
    """The next voter's card takes the place of the referral; the same card, still under the scanner, does not."""
    loop = referred()
    before = loop.screen
    assert loop.scan(ANNE.number).screen == before
    assert loop.scan(BENT.number).screen.content.name == BENT.name
    assert (referred().scan(DORA.number).shown, referred().scan("stray").shown) == ("Refused", "Ready")


def test_two_voters_referred() -> None:
    """One referral's screen follows another's, and each is released by itself."""
    loop = referred().refer(BENT)
    assert (loop.shown, loop.screen.content.name) == ("Referred", BENT.name)
    loop.scan(ANNE.number)
    assert (loop.shown, loop.screen.content.name) == ("Referred", ANNE.name)
    loop.release()
    assert (is_referred(loop), is_referred(loop, BENT)) == (False, True)
    loop.scan(BENT.number).release()
    assert (is_referred(loop), is_referred(loop, BENT)) == (False, False)
    anne, bent = loop.hashes(e.Referred)
    assert loop.bodies()[3:] == [e.Referred(1), e.Referred(2), e.Released(1, (anne,)), e.Released(2, (bent,))]


def test_referred_and_struck_off() -> None:
    """A referred voter who may not vote at all is refused for that, before and after."""
    voters = dict(VOTERS)
    loop = home(Loop(KEYED, find=voters.get).opened().refer(ANNE))
    voters[ANNE.number] = replace(ANNE, struck=DORA.struck)
    assert loop.scan(ANNE.number).screen.content.code == "A4"
    voters[ANNE.number] = ANNE
    assert loop.touch("next").scan(ANNE.number).screen.content.code == "A7"


def test_a_closed_table_refers_nobody() -> None:
    """On a closed table a referred voter's card shows nothing; reopened, the voter is still referred."""
    loop = home(referred()).chair("close_table")
    before = loop.screen.content
    assert loop.scan(ANNE.number).screen.content == before
    assert is_referred(loop.chair("reopen_table"))


# --- released ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("over", [False, True], ids=["at once", "after a restart"])
def test_release_gives_exactly_three_new_tries(over: bool) -> None:
    """Released, a voter has three tries and no more; the third wrong one refers them again, and so on."""
    loop = referred()
    for _ in range(3):
        loop.release()
        assert loop.shown == "Ready"
        loop = loop.restarted() if over else loop
        loop.scan(ANNE.number)
        for notice in ("", USED.format(1), USED.format(2)):
            assert (loop.shown, loop.screen.content.notice) == ("BirthDate", notice)
            loop.touch("approve", WRONG)
        assert loop.shown == "Referred"
    bodies = [body for body in loop.bodies()[3:] if not isinstance(body, e.Start)]
    assert [(type(body), body.voter) for body in bodies] == [(e.Referred, 1), *[(e.Released, 1), (e.Referred, 1)] * 3]
    assert len({body.ends for body in bodies if isinstance(body, e.Released)}) == 3


def test_release_is_one_voters() -> None:
    """A release gives nobody else their tries back."""
    loop = Loop(KEYED).opened().scan(BENT.number).touch("approve", WRONG).touch("approve", WRONG).touch("cancel")
    loop.refer(ANNE).release().scan(BENT.number)
    assert (loop.shown, loop.screen.content.notice) == ("BirthDate", USED.format(2))
    assert loop.touch("approve", WRONG).shown == "Referred"


def test_release_and_the_right_date() -> None:
    """Released, the voter who gives the right date is handed the ballots, once."""
    loop = referred().release().serve(ANNE)
    assert loop.shown == "Green"
    assert loop.kinds(3) == ["Referred", "Released", "Request", "Decision", "Issued"]
    assert loop.touch("next").scan(ANNE.number).screen.content.code == "A1"


def test_release_in_compare_mode() -> None:
    """In compare mode a release leads to the voter's own screen again."""
    loop = referred().restarted(setup=SETUP).scan(ANNE.number).release().scan(ANNE.number)
    assert (loop.shown, loop.touch("approve").shown) == ("VoterShown", "Green")


def test_release_is_recorded() -> None:
    """A release is an entry of its own with the voter, on the disk before the table is ready; a stop before it is none."""
    loop = at_the_pad()
    assert (loop.shown, loop.screen.content.headline) == ("Pin", "Formanden giver vælgeren et nyt forsøg")
    commit = next(loop.take(loop.touch_of("pin", PIN)))
    assert isinstance(commit, Commit)
    assert type(loop.node.screen.content) is s.Pin
    assert is_referred(loop.restarted())
    loop.write(commit.rows)
    assert [type(written.entry.body) for written in loop.log[-1]] == [e.Released]
    assert not is_referred(loop.restarted())


def test_release_is_not_an_approval() -> None:
    """A release shows no voter and asks for nothing: the card is scanned anew."""
    loop = referred().release()
    assert (loop.shown, loop.kinds(3)) == ("Ready", ["Referred", "Released"])
    assert ANNE.name not in s.encode(loop.screen).decode()


@pytest.mark.parametrize("pin", ["000000", "", "2718", PIN + "0", keyed(ANNE.born)])
def test_a_wrong_pin_releases_nobody(pin: str) -> None:
    """A wrong PIN is answered and releases nobody, nor does leaving the pad, or waiting; a right one after it does."""
    loop = at_the_pad().touch("pin", pin)
    assert (loop.shown, loop.screen.content.notice) == ("Pin", "Forkert PIN. Prøv igen.")
    for leave in (lambda: loop.touch("cancel"), lambda: loop.wait(limits.IDLE_MS)):
        leave()
        assert loop.shown == "Ready"
        assert is_referred(loop)
        loop.scan(ANNE.number).touch("release_voter").touch("pin", pin)
    assert loop.kinds(3) == ["Referred"]
    assert loop.touch("pin", PIN).kinds(3) == ["Referred", "Released"]


def test_the_pause_applies() -> None:
    """Too many wrong PINs rest this pad too, whatever pad they were keyed on; then the right one releases."""
    loop = at_the_pad()
    for _ in range(limits.PIN_TRIES - 1):
        loop.touch("pin", "0")
    loop.touch("cancel").touch("menu").touch("close_table").touch("pin", "0").touch("cancel")
    loop.scan(ANNE.number).release()
    assert (loop.shown, loop.screen.content.notice) == ("Pin", "For mange forkerte forsøg. Vent et minut.")
    loop.touch("cancel").scan(ANNE.number).release()
    assert (loop.shown, loop.kinds(3)) == ("Pin", ["Referred"])
    loop.touch("cancel").wait(limits.PIN_PAUSE_MS).scan(ANNE.number).release()
    assert (loop.shown, loop.kinds(3)) == ("Ready", ["Referred", "Released"])


def test_scans_at_the_pad() -> None:
    """A card scanned at the pad, anybody's, changes nothing: the voter who was on the screen is released, and no other."""
    loop = home(Loop(KEYED).opened().refer(BENT)).refer(ANNE).touch("release_voter")
    before = loop.screen
    assert loop.scan(BENT.number).scan(ANNE.number).scan(DORA.number).screen == before
    assert type(loop.scan("stray").put(Overran()).screen.content) is s.Pin
    loop.put(Scanned(card(BENT.number)), loop.touch_of("pin", PIN))
    ends = loop.hashes(e.Referred)[1:]
    assert loop.bodies()[3:] == [e.Referred(BENT.number), e.Referred(ANNE.number), e.Released(ANNE.number, tuple(ends))]
    assert (is_referred(loop), is_referred(loop, BENT)) == (False, True)


def test_a_scan_between() -> None:
    """Another referred voter's card in the moment before the touch: the touch was on the first one's screen, and is dropped."""
    loop = home(Loop(KEYED).opened().refer(BENT)).refer(ANNE)
    loop.put(Scanned(card(BENT.number)), loop.touch_of("release_voter"))
    assert (loop.shown, loop.screen.content.name) == ("Referred", BENT.name)
    late = loop.touch_of("release_voter")
    loop.scan(ANNE.number).put(late)
    assert (loop.shown, loop.screen.content.name) == ("Referred", ANNE.name)
    loop.release()
    assert loop.bodies(e.Released) == [e.Released(ANNE.number, tuple(loop.hashes(e.Referred)[1:]))]


def test_release_needs_the_voters_own_screen() -> None:
    """From no other screen can a release be asked for, and the pad of another deed releases nobody."""
    for make in (
        lambda: home(referred()),
        lambda: home(referred()).touch("menu"),
        lambda: home(referred()).touch("type"),
        lambda: referred().scan(BENT.number),
        lambda: referred().scan(DORA.number),
        lambda: home(referred()).serve(BENT),
        lambda: home(referred()).touch("menu").touch("close_table"),
        lambda: home(referred()).chair("close_table"),
        lambda: Loop(KEYED),
    ):
        loop = make()
        before = loop.screen
        assert loop.touch("release_voter", "1").screen == before
        assert not loop.bodies(e.Released)
    loop = home(referred()).chair("close_table").chair("reopen_table")
    assert (loop.bodies(e.Released), is_referred(loop)) == ([], True)


def test_double_tap_on_the_pin() -> None:
    """Two taps on the right PIN release once, and open no second pad."""
    loop = at_the_pad()
    tap = loop.touch_of("pin", PIN)
    loop.put(tap, tap).put(tap)
    assert (loop.shown, loop.kinds(3)) == ("Ready", ["Referred", "Released"])


def test_touches_on_the_pad_of_the_run_before() -> None:
    """A PIN on its way while the table stops releases nobody in the next run."""
    before = at_the_pad()
    again = before.restarted(mono_ms=before.mono_ms + 1)
    for screen in before.screens:
        again.put(s.touched(screen, "pin", PIN), s.Touch(screen.asks, "release_voter"))
    assert (again.shown, again.bodies(e.Released)) == ("Ready", [])


def test_a_change_of_language_forgets_nothing() -> None:
    """The language of the screens has nothing to do with tries or referrals."""
    loop = Loop(KEYED).opened().scan(ANNE.number).touch("approve", WRONG).touch("approve", WRONG).touch("cancel")
    loop.touch("menu").touch("language").touch("cancel").scan(ANNE.number)
    assert loop.screen.content.notice == "Wrong date: try 2 of 3."
    loop.touch("approve", WRONG)
    assert (loop.shown, loop.screen.left) == ("Referred", s.Button("release_voter", "Chair: a new try"))


# --- a green that nobody has seen -------------------------------------------------------------------------------------


@pytest.mark.parametrize("setup", [SETUP, KEYED], ids=["compare", "enter"])
def test_unlit_green_never_times_out(setup: object) -> None:
    """A green that was not drawn asks for no turn of the loop, and stands after an hour; once drawn it leaves in its time."""
    loop = Loop(setup).opened().scan(ANNE.number).touch("approve", keyed(ANNE.born))
    green = loop.screen
    assert loop.node.deadline() is None
    loop.wait(3_600_000)
    assert (loop.screen, loop.node.desk.state, loop.kinds(3)) == (
        green,
        replace(loop.node.desk.state, drawn=False),
        ["Request", "Decision"],
    )
    assert isinstance(loop.node.desk.state, d.Green)
    loop.draw().wait(setup.clear_ms - 1)
    assert loop.shown == "Green"
    loop.wait(1)
    assert (loop.shown, loop.kinds(3)) == ("Ready", ["Request", "Decision", "Issued"])


def test_the_chair_sees_whom_they_release() -> None:
    """The PIN's screen names the voter's number."""
    loop = referred()
    loop.touch("release_voter")
    assert f"{ANNE.number:07,}".replace(",", " ") in loop.screen.content.hint
