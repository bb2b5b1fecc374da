"""Forgetting for real: a screen that was replaced, with the voter's name on it, must not wait in memory for chance."""

import ctypes
import gc
from collections.abc import Callable
from contextlib import suppress

TIDY_S = 0.3  # seconds after a screen: when its frame is out, and the clerk is reading


def _trimmer() -> Callable[[int], int] | None:
    """The C library's call that gives freed pages back, where it has one."""
    with suppress(OSError, AttributeError):
        trim: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
        return trim
    return None


_trim = _trimmer()


def settle_in() -> None:
    """Take what is there now as lasting: later tidying then looks only at what came after, which fits in a frame."""
    gc.collect()
    gc.freeze()


def tidy() -> None:
    """Free widgets and textures of screens that are gone; Kivy's reference cycles keep them until then."""
    gc.collect()
    if _trim is not None:
        _trim(0)
