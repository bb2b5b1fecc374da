"""What the documents show of the code: the desk's diagram, and who may write what. `python -m kiosk.simulated.diagram` prints
both."""

import sys

from kiosk.domain.desk import TABLE
from kiosk.domain.rights import RIGHTS

_HOME = ("Ready", "NotReady", "Closed", "Locked")


def mermaid() -> str:
    """A Mermaid state diagram. `Home` stands for Ready, NotReady, Closed or Locked, whichever it is; loops are left out."""
    edges: dict[tuple[str, str], list[str]] = {}
    for (state, given), row in TABLE.items():
        for after in row.to:
            start, end = _name(state), _name(after)
            if start != end and after is not state:
                inputs = edges.setdefault((start, end), [])
                if given.__name__ not in inputs:
                    inputs.append(given.__name__)
    lines = [f"    {start} --> {end}: {', '.join(inputs)}" for (start, end), inputs in edges.items()]
    return "\n".join(["stateDiagram-v2", "    [*] --> Home", *lines])


def _name(state: type) -> str:
    return "Home" if state.__name__ in _HOME else state.__name__


def rights() -> str:
    """The table of rights in Markdown."""
    rows = (f"| {kind} | {right.who} | {right.what} | {right.lie} |" for kind, right in RIGHTS.items())
    return "\n".join(["| entry | counts only of | about | what a thief can do with it |", "|---|---|---|---|", *rows])


if __name__ == "__main__":
    sys.stdout.write(f"{mermaid()}\n\n{rights()}\n")
