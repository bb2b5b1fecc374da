"""The node's service: one loop, and what it is connected to. See README.md here."""
