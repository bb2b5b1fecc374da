"""Pictures of screens, drawn by the real widgets off screen, for people to look at and for the documentation."""

from collections.abc import Mapping
from pathlib import Path

from kiosk.display import environment
from kiosk.domain.screens import Screen


def draw_gallery(screens: Mapping[str, Screen], folder: Path, size: tuple[int, int]) -> list[Path]:
    """Draw each screen and save it as `<name>.png` in `folder`. One size for each process: Kivy has one window."""
    folder.mkdir(parents=True, exist_ok=True)
    with environment.prepared(size, fullscreen=False):
        from kiosk.display.stage import Stage

        stage = Stage(send=lambda _: None, drawn=lambda _: None)
        paths = []
        for name, screen in screens.items():
            path = (folder / f"{name}.png").resolve()
            stage.show(screen)
            stage.picture(path)
            stage.settle()
            paths.append(path)
        stage.close()
    return paths
