"""Kivy reads its settings from the environment when it is first imported, so this runs before that and imports none of it."""

import contextlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path


@contextlib.contextmanager
def prepared(size: tuple[int, int], fullscreen: bool) -> Iterator[None]:
    """Set what Kivy and SDL read, with a folder for Kivy that goes when this ends, unless the service has set one."""
    if "KIVY_HOME" in os.environ:
        prepare(size, fullscreen, Path(os.environ["KIVY_HOME"]))
        yield
        return
    with tempfile.TemporaryDirectory(prefix="valgbord-display-") as folder:
        prepare(size, fullscreen, Path(folder))
        yield


def prepare(size: tuple[int, int], fullscreen: bool, home: Path) -> None:
    """Set what Kivy and SDL read. What the device's own service has set for SDL is kept."""
    width, height = size
    settings = {
        "KIVY_NO_ARGS": "1",
        "KIVY_NO_CONSOLELOG": "1",
        "KIVY_NO_FILELOG": "1",
        "KIVY_NO_CONFIG": "1",
        "KCFG_KIVY_LOG_LEVEL": "critical",
        "KIVY_LOG_MODE": "PYTHON",  # else Kivy takes over stderr
        "KIVY_WINDOW": "sdl2",
        "KIVY_METRICS_DENSITY": "1",
        "KIVY_METRICS_FONTSCALE": "1",
        "KIVY_DPI": "96",
        "KCFG_KIVY_EXIT_ON_ESCAPE": "0",
        "KCFG_GRAPHICS_WIDTH": str(width),
        "KCFG_GRAPHICS_HEIGHT": str(height),
        "KCFG_GRAPHICS_FULLSCREEN": "auto" if fullscreen else "0",
        "KCFG_GRAPHICS_RESIZABLE": "0",
        "KCFG_GRAPHICS_ALLOW_SCREENSAVER": "0",
        "KCFG_GRAPHICS_SHOW_CURSOR": "0" if fullscreen else "1",
        "KCFG_GRAPHICS_MULTISAMPLES": "0",  # edges are smoothed by the drawings themselves; it would cost every frame
        "KCFG_INPUT_MOUSE": "mouse,disable_multitouch",
    }
    os.environ.update(settings)
    home.mkdir(parents=True, exist_ok=True)
    os.environ["KIVY_HOME"] = str(home)
    driver = video_driver(os.environ, fullscreen, any(Path("/dev/dri").glob("card*")))
    if driver:
        os.environ["SDL_VIDEODRIVER"] = driver


def video_driver(environ: Mapping[str, str], fullscreen: bool, has_card: bool) -> str:
    """SDL's driver to ask for, "" to leave the choice to SDL."""
    if environ.get("DISPLAY") or environ.get("SDL_VIDEODRIVER"):
        return ""
    return "kmsdrm" if fullscreen and has_card else "offscreen"
