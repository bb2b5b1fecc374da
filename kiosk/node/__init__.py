"""The sans-IO core of a table: see `core`."""

from kiosk.node.core import Node
from kiosk.node.words import Input, Now, Overran, Scanned, ScannerSeen, Setup, Written

__all__ = ["Input", "Node", "Now", "Overran", "Scanned", "ScannerSeen", "Setup", "Written"]
