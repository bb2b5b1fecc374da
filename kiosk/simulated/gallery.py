"""A picture of every screen, in both sizes and all languages: for people to look at. `python -m kiosk.simulated.gallery
FOLDER`."""

import subprocess
import sys
from pathlib import Path

SIZES = ((1280, 800), (800, 480))


def draw_all(folder: Path) -> None:
    """Draw every sample into `folder/<size>-<language>/`. A process for each size: Kivy has one window a process."""
    for width, height in SIZES:
        subprocess.run([sys.executable, "-m", "kiosk.simulated.gallery", str(folder), str(width), str(height)], check=True)


def _draw_one_size(folder: Path, width: int, height: int) -> None:
    from kiosk.display.gallery import draw_gallery
    from kiosk.display.own_screens import no_link
    from kiosk.domain.texts import languages
    from kiosk.simulated.sample_pages import pages
    from kiosk.simulated.screens import samples

    for language in languages():
        made = samples(language) | pages(language)
        made["no-link"] = no_link(made["ready"].strip)
        made["no-link-green"] = no_link(made["green"].strip, made["green"].content)
        screens = {f"{width}x{height}-{language}-{name}": screen for name, screen in made.items()}
        draw_gallery(screens, folder, (width, height))


if __name__ == "__main__":
    if len(sys.argv) == 2:
        draw_all(Path(sys.argv[1]))
    else:
        _draw_one_size(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
