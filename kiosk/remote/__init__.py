"""A screen's other end without a display, and the chair's decisions touched there by commands."""
