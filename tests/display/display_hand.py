"""A clerk at the real window: sees what is really rendered, taps, types. The clock is the test's own."""

from kivy.base import EventLoop
from kivy.core.window import Window
from kivy.input.providers.mouse import MouseMotionEvent

from kiosk.display.layout import Words, measure
from kiosk.display.parts import Key
from kiosk.display.stage import Stage
from kiosk.display.touch import Touchable


class Hand:
    """Drives one `Stage`. `touches` and `drawn` are what it has sent."""

    def __init__(self, size):
        self.touches, self.drawn = [], []
        self.time = 100.0
        if tuple(Window.size) != size:
            Window.size = size
        self.stage = Stage(self.touches.append, lambda screen: self.drawn.append(screen.number), lambda: self.time)
        self.until(lambda: tuple(self.root.size) == size)

    @property
    def root(self):
        return self.stage.root

    def close(self):
        self.stage.close()

    def until(self, true):
        for _ in range(600):
            EventLoop.idle()
            if true():
                return
        raise AssertionError("it did not come to pass in 600 frames")

    def show(self, screen):
        """Show `screen`, see it, and let the time pass in which a tap would belong to the one before."""
        self.stage.show(screen)
        self.stage.settle()
        self.time += 0.5

    def settle(self):
        """Let all that was set off be laid out and drawn."""
        for _ in range(3):
            self.frame()

    def frame(self):
        self.stage.window.canvas.ask_update()
        EventLoop.idle()

    def press(self, at):
        place = (at[0] / Window.width, at[1] / Window.height, "left")
        touch = MouseMotionEvent("mouse", "hand", place, is_touch=True, type_id="touch")
        touch.scale_for_screen(*Window.size)
        EventLoop.post_dispatch_input("begin", touch)
        return touch

    def lift(self, touch):
        EventLoop.post_dispatch_input("end", touch)

    def tap(self, text):
        """Tap the one key with this text (or drawing)."""
        self.lift(self.press(self.key(text).center))

    def key(self, text):
        (key,) = [key for key in self.touchables() if text in names(key)]
        return key

    def touchables(self):
        return [widget for widget in self.walk() if isinstance(widget, Key) or (isinstance(widget, Touchable) and widget.stops)]

    def walk(self):
        """Every widget in the window, parents before their children."""
        return [widget for widget in self.root.walk() if widget is not self.root]

    def words(self):
        """Every text that is drawn."""
        return [widget for widget in self.walk() if isinstance(widget, Words) and widget.text]

    def rendered(self):
        """The texts as they were laid out for the screen, line by line, joined."""
        return [" ".join(" ".join(_lines(words)).split()) for words in self.words()]

    def cut(self):
        """Texts that do not stand there whole."""
        lost = [
            words.text for words, seen in zip(self.words(), self.rendered(), strict=True) if _bare(words.text) != _bare(seen)
        ]
        high = [words.text for words in self.words() if self.height_of(words) > words.height]
        return lost + high + [words.text for words in self.words() if words.texture is None or _broken(words)]

    def height_of(self, words):
        return measure(words.text, int(words.font_size), words.bold, int(words.width))[1]

    def seen(self):
        """What the clerk sees in place of pixels: every text with its size and place, and each key's look."""
        texts = [(words.text, words.font_size, tuple(words.pos)) for words in self.words()]
        return texts, [(key.text, key.look, key.pressed, key.idle) for key in self.touchables()]


def names(touchable):
    """By what a key, row or tile is found: its text and value, or the first text in it."""
    if isinstance(touchable, Key):
        return touchable.text, touchable.value
    return [next(words.text for words in touchable.walk(restrict=True) if isinstance(words, Words))]


def holder(widget):
    """What can be touched that this stands in, if there is any."""
    while widget.parent is not widget and widget.parent is not None:
        widget = widget.parent
        if isinstance(widget, Touchable):
            return widget
    return None


def _bare(text):
    return "".join(text.split())


def _broken(words):
    """Whether a word is broken over two lines."""
    whole = words.text.split()
    return whole != [word for line in _lines(words) for word in line.split()]


def _lines(words):
    """The lines as Kivy laid them out."""
    return [" ".join(part.text for part in line.words) for line in words._label._cached_lines]


def box(widget):
    return widget.x, widget.y, widget.right, widget.top


def overlap(a, b):
    """Whether two boxes share more than an edge."""
    return min(a[2], b[2]) - max(a[0], b[0]) > 0.5 and min(a[3], b[3]) - max(a[1], b[1]) > 0.5


def apart(a, b):
    """Pixels between two boxes that do not overlap."""
    return max(max(a[0], b[0]) - min(a[2], b[2]), max(a[1], b[1]) - min(a[3], b[3]))


def pairs(items):
    return [(first, second) for at, first in enumerate(items) for second in items[at + 1 :]]


__all__ = ["Hand", "apart", "box", "holder", "names", "overlap", "pairs"]
