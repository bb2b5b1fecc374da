"""Reading strace's output: what a process wrote, synced, received and sent, and in which order."""

import re
from dataclasses import dataclass

_CALL = re.compile(r"(?P<pid>\d+)\s+(?:<\.\.\. (?P<resumed>\w+) resumed>|(?P<name>\w+)\()(?P<rest>.*)")
_UNFINISHED = " <unfinished ...>"


@dataclass
class Call:
    """One system call; `began` and `ended` are the trace's line numbers."""

    name: str
    text: str
    began: int
    ended: int

    @property
    def succeeded(self):
        return re.search(r"\) += \d+$", self.text) is not None


def calls(lines):
    """The finished calls of a trace made with `strace -f`, by the time at which they ended."""
    open_calls = {}
    for at, line in enumerate(lines):
        found = _CALL.match(line)
        if found is None:
            continue
        pid, rest = found["pid"], found["rest"]
        if found["resumed"]:
            call = open_calls.pop(pid)
            yield Call(call.name, call.text + rest, call.began, at)
        elif rest.endswith(_UNFINISHED):
            open_calls[pid] = Call(found["name"], rest.removesuffix(_UNFINISHED), at, at)
        else:
            yield Call(found["name"], rest, at, at)


def unsynced_greens(lines):
    """The number of greens sent in a trace, and a sentence for each that was sent before its mark was safe on the disk.

    Safe means: since the approval was received, the log's file was written, and after the last such write a sync of that file
    began, succeeded and ended before the first byte of the green was sent.
    """
    approved = None
    writes, syncs, greens, faults = [], [], 0, []
    for call in calls(lines):
        if call.name == "recvfrom" and r"\"approve\"" in call.text and call.succeeded:
            approved, writes, syncs = call, [], []
        elif call.name in {"pwrite64", "write"} and "node.db-wal>" in call.text:
            writes.append(call)
        elif call.name in {"fsync", "fdatasync"} and "node.db-wal>" in call.text and call.succeeded:
            syncs.append(call)
        elif call.name == "sendto" and r"\"type\":\"Green\"" in call.text:
            greens += 1
            if approved is None:
                faults.append(f"line {call.began}: a green without an approval")
            elif not writes:
                faults.append(f"line {call.began}: a green and nothing written since the approval")
            elif not any(writes[-1].ended < sync.began and sync.ended < call.began for sync in syncs):
                faults.append(f"line {call.began}: a green before the log's file was synced")
            approved = None
    return greens, faults
