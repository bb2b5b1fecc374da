"""The running display: screens from the link to the stage, touches and drawn frames back, and what is done when one fails."""

import contextlib
import os
import signal
import socket
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

from kivy.base import EventLoop, ExceptionHandler, ExceptionManager, runTouchApp
from kivy.clock import Clock
from systemd_watchdog.systemd_watchdog import WatchDog

from kiosk import limits
from kiosk.display import own_screens, sounds
from kiosk.display.link import Arrival, NodeLink
from kiosk.display.record import Pictures, Timings
from kiosk.display.stage import Stage
from kiosk.display.tidy import TIDY_S, settle_in, tidy
from kiosk.domain.screens import Beat, Content, Drawn, Screen, Strip, Touch

SILENT_S = 0.5  # seconds without the node before the display says so: a restart of the link is not worth a word
PING_S = 1.0  # seconds between two words to systemd; `WatchdogSec` in its unit is ten times as long
STOPPED_S = 3.0  # seconds for which the red screen stands before the process ends and is started again


class _Stop(ExceptionHandler):
    """Kivy would end the process with a traceback, whose last line may quote a voter."""

    def __init__(self, program: "Program") -> None:
        self._program = program

    def handle_exception(self, inst: BaseException) -> int:
        if isinstance(inst, SystemExit | KeyboardInterrupt) or not self._program.fail(inst):
            return int(ExceptionManager.RAISE)
        return int(ExceptionManager.PASS)


class Program:
    """One run of the display. `run` returns the process's exit code."""

    def __init__(self, node: Path, pictures: Path | None, timings: Path | None) -> None:
        self._stage = Stage(self._touched, self._drawn)
        self._link = NodeLink(node, lambda: Clock.schedule_once(self._news))
        self._pictures = Pictures(pictures) if pictures is not None else None
        self._timings = Timings(timings) if timings is not None else None
        self._tones = sounds.load(Path(os.environ["KIVY_HOME"]))
        self._arrival: Arrival | None = None
        self._before: Screen | None = None
        self._last: Strip | None = None
        self._seen: Content | None = None  # of the last frame that was shown
        self._failed = self._ended = self._away = False
        self._green_goes = Clock.create_trigger(self._cover, limits.GREEN_STAYS_S)
        self._tidy = Clock.create_trigger(lambda _: tidy(), TIDY_S)

    def run(self) -> int:
        """Show screens until SIGTERM (0), or until something breaks (1)."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)
        Clock.schedule_once(self._end_if_told)  # starting the loop forgets a signal that came before
        handler = _Stop(self)
        ExceptionManager.add_handler(handler)
        settle_in()
        self._link.start()
        Clock.schedule_once(self._check_silence, SILENT_S)
        try:
            with _watched():
                runTouchApp()
        except Exception as error:
            _report(error)
            self._failed = True
        finally:
            ExceptionManager.remove_handler(handler)
            self._link.stop()
            if self._timings is not None:
                self._timings.close()
        return 1 if self._failed else 0

    def fail(self, error: BaseException) -> bool:
        """Show the red screen and end soon. False if that has failed before: then only ending is left."""
        _report(error)
        if self._failed:
            return False
        self._failed = True
        self._arrival = None
        self._green_goes.cancel()
        self._link.stop()
        Clock.schedule_once(self._end, STOPPED_S)
        self._stage.renew()
        self._stage.show(own_screens.stopped(self._last))
        return True

    def _end(self, *_: object) -> None:
        self._ended = EventLoop.quit = True

    def _end_if_told(self, *_: object) -> None:
        if self._ended:
            EventLoop.quit = True

    def _news(self, *_: object) -> None:
        if self._failed:
            return
        arrival = self._link.take()
        if self._link.take_beat():
            self._link.send(Beat())  # from this loop, so that one that hangs answers nothing
        if arrival is None:
            self._check_silence()
            return
        screen = arrival.screen
        self._arrival, self._last, self._away = arrival, screen.strip, False
        self._green_goes.cancel()
        self._stage.show(screen)
        path = self._pictures.path_for(screen) if self._pictures is not None else None
        if path is not None:
            self._stage.picture(path)
        tone = sounds.tone_for(self._before.content if self._before is not None else None, screen.content)
        self._before = screen
        if screen.strip.sounds and tone in self._tones:
            self._tones[tone]()

    def _check_silence(self, *_: object) -> None:
        if self._failed or self._away:
            return
        silent = self._link.silent_for(time.monotonic())
        if 0 < silent < SILENT_S:
            Clock.schedule_once(self._check_silence, SILENT_S - silent)
        elif silent:
            self._away = True
            arrival, self._arrival = self._arrival, None
            stands = arrival is not None and arrival.screen.content == self._seen
            self._stage.show(own_screens.no_link(self._last, self._seen if stands else None))
            self._green_goes()

    def _cover(self, *_: object) -> None:
        """The node is not heard, and no voter stays on the screen."""
        self._stage.show(own_screens.no_link(self._last))

    def _touched(self, touch: Touch) -> None:
        if self._arrival is not None:
            self._link.send(touch, self._arrival.connection)

    def _drawn(self, screen: Screen) -> None:
        self._tidy()
        self._seen = screen.content
        arrival = self._arrival
        if arrival is None or arrival.screen is not screen:
            return
        self._link.send(Drawn(screen.number), arrival.connection)
        if self._timings is not None:
            self._timings.drawn(arrival)


@contextlib.contextmanager
def _watched() -> Iterator[None]:
    """Tell systemd, where it has started the display, that it is ready and then that its loop goes round."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as mouth:
        mouth.setblocking(False)
        dog = WatchDog(mouth)

        def ping(*_: object) -> None:
            with contextlib.suppress(OSError):  # systemd takes nothing now: it is told again
                dog.ready()
                dog.notify()

        Clock.schedule_once(ping)
        pinging = Clock.schedule_interval(ping, PING_S)
        yield
        pinging.cancel()


def _report(error: BaseException) -> None:
    """Say on stderr what broke and where, but not the error's words: they may quote a voter."""
    places = [f"{Path(at.filename).name}:{at.lineno} {at.name}" for at in traceback.extract_tb(error.__traceback__)[-6:]]
    sys.stderr.write(f"display: {type(error).__name__} at {' < '.join(reversed(places))}\n")
