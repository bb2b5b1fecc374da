"""The sans-IO core of a node: see `core`."""

from kiosk.node.core import COPIED, Node
from kiosk.node.words import (
    DisplaySeen,
    Evidence,
    Give,
    Gone,
    Heard,
    Input,
    Keys,
    Now,
    Overran,
    Said,
    Scanned,
    ScannerSeen,
    Send,
    SendTo,
    Setup,
    Suspect,
    Turn,
)

__all__ = [
    "COPIED",
    "DisplaySeen",
    "Evidence",
    "Give",
    "Gone",
    "Heard",
    "Input",
    "Keys",
    "Node",
    "Now",
    "Overran",
    "Said",
    "Scanned",
    "ScannerSeen",
    "Send",
    "SendTo",
    "Setup",
    "Suspect",
    "Turn",
]
