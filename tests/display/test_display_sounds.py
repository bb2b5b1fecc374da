"""Three tones, and when each is played."""

import wave

from display_screens import STRIP, Screens

from kiosk.display import sounds
from kiosk.domain.screens import Kind, Message, Ready, Sign, Tone


def test_each_kind_has_its_tone_and_most_have_none():
    """A voter reads, green is green, everything red and the secretary's are the third."""
    made = Screens()
    assert sounds.tone_for(None, made.voter().content) == "read"
    assert sounds.tone_for(None, made.birth_date().content) == "read"
    assert sounds.tone_for(None, made.green().content) == "green"
    messages = {kind: sounds.tone_for(None, Message("Stop", kind, Tone.BAD, Sign.BAR)) for kind in Kind}
    assert {kind for kind, tone in messages.items() if tone == "not"} == {Kind.REFUSED, Kind.REFERRED, Kind.FAULT}
    assert set(messages.values()) == {"", "not"}
    assert sounds.tone_for(None, made.ready().content) == ""
    assert STRIP.sounds


def test_a_refresh_is_silent_and_another_voter_is_not():
    """A notice or a changed strip on the same screen plays nothing; the next voter does."""
    made = Screens()
    voter = made.voter().content
    assert sounds.tone_for(voter, made.voter(notice="Et andet kort er skannet").content) == ""
    assert sounds.tone_for(voter, made.voter(number="nr. 004 183").content) == "read"
    assert sounds.tone_for(made.green().content, made.ready().content) == ""


def test_every_misread_card_sounds() -> None:
    """A second stray bar code sounds like the first, or the clerk would think that it was not read at all."""
    made = Screens()
    stray = Ready("Skan valgkortet", "", notice="Det er ikke et valgkort")
    assert sounds.tone_for(made.ready().content, stray) == "not"
    assert sounds.tone_for(stray, stray) == "not"


def test_the_tones_are_short_and_clearly_different(tmp_path):
    """Each tone is a well-formed WAV of less than a second, and no two are alike."""
    seen = set()
    for name, notes in sounds.TONES.items():
        path = tmp_path / f"{name}.wav"
        sounds.write(notes, path)
        with wave.open(str(path), "rb") as file:
            assert 0.05 < file.getnframes() / file.getframerate() < 0.8
            seen.add(file.readframes(file.getnframes()))
    assert len(seen) == 3


def test_sounds_that_cannot_be_made_break_nothing(tmp_path):
    """Without a place to write the tones there are none, and no error."""
    assert sounds.load(tmp_path / "missing") == {}
