"""The plan of a simulated place: the example, with other settings."""

from collections.abc import Mapping, Sequence
from pathlib import Path

_EXAMPLE = Path(__file__).parents[1] / "plan" / "example.toml"


def plan_text(
    scanner: Path, settings: Mapping[str, str], tables: int = 1, brokers: Sequence[int] = (), hosts: Sequence[str] = ()
) -> str:
    """The example's text with a serial scanner at `scanner`, and `settings` of the desk as written in TOML.

    More than one table: with the secretary's node, table 2 as its assistant, and brokers at these ports of `hosts`, or of this
    machine.
    """
    lines, _, _ = _EXAMPLE.read_text(encoding="utf-8").partition("\n[scanner]")
    changed = [
        f"{key} = {settings[key]}" if (key := line.partition(" = ")[0]) in settings else line for line in lines.splitlines()
    ]
    more = [f"[[tables]]\nnumber = {number}" for number in range(2, tables + 1)]
    more += ["[secretary]\nassistant = 2"] if tables > 1 else []
    devices = ["", *(f"\ntable = {number}" for number in range(1, len(brokers)))]
    more += [
        f'[[brokers]]\nhost = "{host}"\nport = {port}{on}'
        for host, port, on in zip(hosts or ["127.0.0.1"] * len(brokers), brokers, devices, strict=False)
    ]
    return "\n".join([*changed, *more, "[scanner]", 'kind = "serial"', f'device = "{scanner}"', ""])
