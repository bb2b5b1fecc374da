"""The theme's promises: readable contrast, big type, room for fingers."""

from datetime import datetime

import pytest

from kiosk.display import own_screens, theme
from kiosk.domain.ballots import Colour
from kiosk.domain.screens import Strip


def luminance(colour):
    """Relative luminance as WCAG 2.1 defines it."""
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in colour[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("pair", theme.PAIRS)
def test_every_pair_of_text_and_background_passes_wcag_aa(pair):
    """4.5:1 is AA for small text; every pair is held to it, whatever its size."""
    light, dark = sorted(map(luminance, theme.PAIRS[pair]), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_the_published_colours_are_the_agreed_ones():
    """The six colours that carry meaning are exactly those of the design."""
    agreed = {"INK": "#1B1B1B", "GO": "#0B4A8F", "GREEN": "#0A6B3B", "RED": "#A3161A", "AMBER": "#F5B400", "STRIP": "#1F2A36"}
    assert {name: theme.rgba(code) for name, code in agreed.items()} == {name: getattr(theme, name) for name in agreed}


def test_every_ballot_colour_has_its_paper_and_none_looks_like_a_verdict():
    """A ballot's paper is never the green, red or amber of the screen."""
    assert set(theme.BALLOTS) == set(Colour)
    assert not set(theme.BALLOTS.values()) & {theme.GREEN, theme.RED, theme.AMBER}


def test_type_and_touch_sizes_are_large_enough():
    """Headlines can be read at two metres and keys hit with a thumb, in both windows."""
    assert theme.LARGE.headline >= 64
    assert theme.SMALL.headline >= 44
    assert (theme.LARGE.key, theme.SMALL.key) == (88, 64)
    for sizes in (theme.LARGE, theme.SMALL):
        assert sizes.touch >= 72
        assert sizes.between >= 16
        assert sizes.answer > sizes.headline > sizes.body > sizes.small


def test_each_window_gets_its_sizes():
    """A window between the two supported ones gets the smaller type."""
    assert theme.sizes_for(1280, 800) is theme.LARGE
    assert theme.sizes_for(800, 480) is theme.SMALL
    assert theme.sizes_for(1024, 768) is theme.SMALL


def test_the_displays_own_screens_speak_the_last_language():
    """Without the node, the display says so in the language that the table had."""
    english = Strip(table="TABLE 3", place="Main library", mode="Free table choice", language="en", training="TRAINING")
    assert "Hand out no ballots" in own_screens.no_link(english).content.reason
    assert "Udlevér ingen stemmesedler" in own_screens.no_link(None).content.reason
    assert own_screens.no_link(english).strip.table == "TABLE 3"
    assert own_screens.no_link(english).strip.training == "TRAINING"
    assert (own_screens.no_link(None).content.code, own_screens.stopped(None).content.code) == ("D1", "D2")
    assert "Hand out no ballots" in own_screens.stopped(english).content.remedy


def test_the_clock_is_written_the_danish_way():
    """Hours and minutes with a full stop between them."""
    assert own_screens.clock(datetime(2025, 11, 18, 9, 4).astimezone()) == "09.04"
