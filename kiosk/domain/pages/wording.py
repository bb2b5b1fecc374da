"""Words that several pages use."""

from kiosk.domain import screens as s
from kiosk.domain.view_context import ViewContext


def row_of(devices: list[str], of_one: str, of_many: str, tone: s.Tone, view: ViewContext) -> s.Line:
    """One row for all nodes that stand alike."""
    if len(devices) == 1:
        return s.Line(view.node(devices[0]), of_one, tone, wide=True)
    return s.Line(view.say("nodes_counted", len(devices)), of_many, tone, wide=True)
