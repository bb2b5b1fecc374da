"""What all paper of the product shares: its letters."""

import importlib.util
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont


def load_fonts() -> None:
    """The screens' own letters, which go into the PDF: a printer's may lack some. Kivy has them; none of its code is run."""
    if "Mono" in pdfmetrics.getRegisteredFontNames():
        return
    found = importlib.util.find_spec("kivy")
    assert found is not None
    assert found.submodule_search_locations
    folder = Path(found.submodule_search_locations[0]) / "data" / "fonts"
    for font, file in (("Regular", "Roboto-Regular"), ("Bold", "Roboto-Bold"), ("Mono", "RobotoMono-Regular")):
        pdfmetrics.registerFont(TTFont(font, str(folder / f"{file}.ttf")))
