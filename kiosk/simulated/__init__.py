"""Simulated clerk, voters and scanner: they drive a real node through the same socket and serial line as the real ones.

Used by the demo, the tests and the benchmarks.
"""
