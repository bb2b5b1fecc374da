"""The display's process: it draws what the node says and sends back what was touched, and knows nothing else."""

import sys
from pathlib import Path

from kiosk.display import environment


def run(socket: Path, size: tuple[int, int], fullscreen: bool, pictures: Path | None, timings: Path | None) -> None:
    """Show the node's screens from `socket` in a window of `size` pixels, until SIGTERM.

    With `pictures`, the first screen of each kind is saved there as a PNG; with `timings`, a line for each drawn screen
    is added to that file. Raises `SystemExit(1)` when the display broke, so that the service is started again.
    """
    with environment.prepared(size, fullscreen):
        from kiosk.display.program import Program

        code = Program(socket, pictures, timings).run()
    if code:
        sys.exit(code)
