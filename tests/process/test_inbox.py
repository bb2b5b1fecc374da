"""The inbox between the threads and the loop: bounded, in order, and nothing that it accepted is lost."""

import selectors
import threading

import pytest

from kiosk import limits
from kiosk.node import Scanned
from kiosk.service.inbox import Inbox

WAIT_S = 10


@pytest.fixture
def inbox():
    made = Inbox()
    yield made
    made.close()


def is_awake(inbox, seconds=0.0):
    """Whether a loop that waits for the inbox would go on, within so many seconds."""
    with selectors.DefaultSelector() as selector:
        selector.register(inbox, selectors.EVENT_READ)
        return bool(selector.select(seconds))


def texts(inputs):
    return [given.text for given in inputs]


def test_an_input_wakes_the_loop_and_taking_it_lets_the_loop_sleep(inbox):
    """Readable while something waits, and not a moment longer: an idle node uses no processor."""
    assert not is_awake(inbox)
    for text in ("a", "b"):
        inbox.put(Scanned(text))
        assert is_awake(inbox)
    assert texts(inbox.take()) == ["a", "b"]
    assert not is_awake(inbox)
    assert inbox.take() == []


def test_a_loop_that_takes_a_part_stays_awake_for_the_rest(inbox):
    """At most so many inputs go into one commit; the others follow in the next, in their order."""
    for number in range(5):
        inbox.put(Scanned(str(number)))
    assert texts(inbox.take(2)) == ["0", "1"]
    assert is_awake(inbox)
    assert texts(inbox.take(2)) == ["2", "3"]
    assert is_awake(inbox)
    assert texts(inbox.take(2)) == ["4"]
    assert not is_awake(inbox)


def test_a_full_inbox_refuses_and_says_so(inbox):
    """What is refused is not kept, what was accepted is, and there is room again after a take."""
    accepted = [inbox.put(Scanned(str(number))) for number in range(limits.INBOX_INPUTS + 3)]
    assert accepted == [True] * limits.INBOX_INPUTS + [False] * 3
    assert texts(inbox.take(1)) == ["0"]
    assert inbox.put(Scanned("late"))
    rest = texts(inbox.take(2 * limits.INBOX_INPUTS))
    assert rest == [*map(str, range(1, limits.INBOX_INPUTS)), "late"]
    assert not is_awake(inbox)


def test_a_wake_without_an_input_wakes_once(inbox):
    """However often it is woken: the loop goes round, finds nothing, and sleeps."""
    for _ in range(3):
        inbox.wake()
    assert is_awake(inbox)
    assert inbox.take() == []
    assert not is_awake(inbox)


def test_a_wake_after_the_end_does_nothing():
    """A second signal to stop may come when everything is closed."""
    inbox = Inbox()
    inbox.close()
    inbox.wake()


def test_many_threads_lose_nothing_and_each_keeps_its_order(inbox):
    """Four threads put, again where they are refused, while the loop takes small batches and is woken by the inbox alone."""
    writers, each = 4, 2_000

    def write(writer):
        for number in range(each):
            while not inbox.put(Scanned(f"{writer} {number}")):
                pass

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(writers)]
    for thread in threads:
        thread.start()
    taken = []
    while len(taken) < writers * each:
        assert is_awake(inbox, WAIT_S), "inputs wait and the loop sleeps"
        batch = texts(inbox.take(7))
        assert len(batch) <= 7
        taken += batch
    for thread in threads:
        thread.join(WAIT_S)
    assert not is_awake(inbox)
    for writer in range(writers):
        mine = f"{writer} "
        assert [text for text in taken if text.startswith(mine)] == [f"{mine}{number}" for number in range(each)]
