"""The chair's and the secretary's pages, a file each, with all that belongs to a page. Pure.

To add a page:

1. a file here: a frozen dataclass of `Page` whose fields are what it remembers. `offers` says what can be touched on it now and
   where each touch leads, `drawn` what it shows; where they differ from what `Page` does by itself also `scanned`, `coded`,
   `changed`, `meant` and `query`;
2. an offer of another page that leads to it;
3. its texts, in each file of `kiosk/texts`;
4. its samples, in `kiosk/simulated/screens.py`: pictures and layout are checked from these, in Danish and English;
5. its name in the list below, and in `PAGES` of `tests/domain/desk_facts.py`.

Nothing outside this folder knows one page from another. What a page must be told that is not in `Facts` yet: see
`kiosk/domain/facts.py`.
"""

from kiosk.domain.pages.ask_code import AskCode, CodeSlip
from kiosk.domain.pages.find_mark import FindMark
from kiosk.domain.pages.key_card import KeyCard
from kiosk.domain.pages.marks import Marks
from kiosk.domain.pages.menu import Menu, for_chair
from kiosk.domain.pages.not_done import NotDone
from kiosk.domain.pages.overview import Overview
from kiosk.domain.pages.page import Page, screen_of
from kiosk.domain.pages.pick_book import PickBook
from kiosk.domain.pages.pick_excused import PickExcused
from kiosk.domain.pages.pick_heir import PickHeir
from kiosk.domain.pages.pick_stopped import PickStopped
from kiosk.domain.pages.piles import Piles, begun

__all__ = [
    "AskCode",
    "CodeSlip",
    "FindMark",
    "KeyCard",
    "Marks",
    "Menu",
    "NotDone",
    "Overview",
    "Page",
    "PickBook",
    "PickExcused",
    "PickHeir",
    "PickStopped",
    "Piles",
    "begun",
    "for_chair",
    "screen_of",
]
