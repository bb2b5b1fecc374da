"""Three short tones: read, green, not. They only help; nothing waits for them and nothing fails without them."""

import math
import os
import wave
from array import array
from collections.abc import Callable, Mapping
from pathlib import Path

from kiosk.domain.screens import Content, Kind, Ready, kind

RATE_HZ = 22_050
EDGE_S = 0.01  # seconds of rise and fall, without which a tone clicks
LOUDNESS = 0.5

Note = tuple[float, float]  # frequency in Hz (0: silence), seconds

TONES: Mapping[str, tuple[Note, ...]] = {
    "read": ((1760, 0.07),),
    "green": ((784, 0.09), (1047, 0.09), (1568, 0.16)),
    "not": ((220, 0.22), (0, 0.08), (185, 0.34)),
}
_KINDS: Mapping[str, str] = {
    "VoterShown": "read",
    "BirthDate": "read",
    "Green": "green",
    Kind.REFUSED: "not",
    Kind.REFERRED: "not",
    Kind.FAULT: "not",
}


def tone_for(before: Content | None, now: Content) -> str:
    """The tone for `now` after `before`, "" for none: a screen that only got a notice is not new; a misread card always is."""
    if isinstance(now, Ready) and now.notice:
        return "not"
    return "" if before is not None and _same(before, now) else _KINDS.get(kind(now), "")


def _same(before: Content, now: Content) -> bool:
    return _who(before) == _who(now)


def _who(content: Content) -> tuple[str, str, str]:
    return kind(content), content.headline, getattr(content, "number", "")


def write(notes: tuple[Note, ...], path: Path) -> None:
    """Write the notes as a mono WAV file."""
    samples = array("h")
    for frequency, seconds in notes:
        count = round(seconds * RATE_HZ)
        edge = round(EDGE_S * RATE_HZ)
        for at in range(count):
            swell = min(1.0, at / edge, (count - at) / edge) * LOUDNESS
            samples.append(round(32767 * swell * math.sin(2 * math.pi * frequency * at / RATE_HZ)))
    with path.open("wb") as raw, wave.open(raw, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(samples.tobytes())


def load(folder: Path) -> dict[str, Callable[[], object]]:
    """What plays each tone; empty where there is no audio."""
    if not Path("/dev/snd").exists() and "SDL_AUDIODRIVER" not in os.environ:
        return {}  # SDL would complain on stderr at every start
    try:
        from kivy.core.audio import SoundLoader

        players = {}
        for name, notes in TONES.items():
            path = folder / f"{name}.wav"
            write(notes, path)
            sound = SoundLoader.load(str(path))
            if sound is not None:
                players[name] = sound.play
        return players
    except Exception:  # a driver may fail in any way; the screen says it all without sound
        return {}
