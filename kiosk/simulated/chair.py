"""A simulated chair, who opens the poll, releases voters and closes the table with the PIN."""

from collections.abc import Callable

from kiosk.domain import screens as s
from kiosk.simulated.client import ScreenClient


def chair_decides(client: ScreenClient, deed: str, pin: str, seen: Callable[[str], None] = lambda _kind: None) -> None:
    """Touch the button `deed`, in the menu where it is not on the screen itself, and give the PIN.

    `seen` is called with "menu" and "pin" while those screens are shown.
    """
    first = client.showing(s.NotReady, s.Ready, s.Closed, s.Referred)
    if deed not in {button.touch for button in (first.left, first.right) if button is not None}:
        client.touch("menu")
        client.showing(s.Menu)
        seen("menu")
    client.touch(deed)
    client.showing(s.Pin)
    seen("pin")
    client.touch("pin", pin)
    client.showing(s.Ready, s.NotReady, s.Closed)
