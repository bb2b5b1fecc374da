"""The node's side of the screen, where the loop is held up at the worst moment."""

import selectors
import time
from contextlib import closing

from kiosk import limits
from kiosk.domain import desk_states as d
from kiosk.domain.screens import Drawn, Touch
from kiosk.domain.texts import FIRST
from kiosk.domain.view import screen
from kiosk.remote.screen_client import ScreenClient
from kiosk.service.screen_port import ScreenPort
from kiosk.simulated.screens import sample_view


def test_a_touch_is_old_wherever_in_its_reading_the_loop_was_held_up(tmp_path):
    """The loop has read that the screen is drawn, and is held up then; what is touched meanwhile is dropped, though the loop
    reads it only after it has said that it is back. What is touched after that counts."""
    came = []

    def answered(answer):
        came.append(answer)
        if isinstance(answer, Drawn):
            client.touch("from before")
            time.sleep(limits.NODE_SILENT_S + limits.BEAT_S)  # as a process that is stopped

    with selectors.DefaultSelector() as selector:
        port = ScreenPort(tmp_path / "screen.sock", selector, answered)
        with closing(port), closing(ScreenClient(tmp_path / "screen.sock", draws=True)) as client:
            port.show(screen(17, d.Ready(), sample_view(FIRST)))
            port.serve(1.0)  # it has come
            client.next()  # and says that it is drawn
            for _ in range(3):
                port.serve(0.0)
            client.touch("from now on")
            port.serve(1.0)
    assert came == [Drawn(17), Touch(17, "from now on")]
