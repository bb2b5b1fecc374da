"""What happens on a day: at random, with a chair and clerks who do as PROTOCOL.md says, and with the end of the day."""

from collections.abc import Callable

from kiosk.domain import entries as e
from kiosk.domain import rules
from kiosk.domain.nodes import table_of
from tests.fold import saying
from tests.fold.day import Day, Wrong
from tests.fold.liar import lie
from tests.fold.machine import Log, Machine
from tests.fold.place import Record, in_some_order
from tests.simulation.own_fold import OwnFold

STEPS = 200
SERVED_IN_THE_EVENING = 2
Deed = Callable[[Day], object]


def _any(day: Day, of: list[Machine]) -> Machine | None:
    return day.rng.choice(of) if of else None


def _with(deed: Callable[[Day, Machine], object]) -> Deed:
    def done(day: Day) -> object:
        machine = _any(day, day.running)
        return deed(day, machine) if machine is not None else None

    return done


def _come(day: Day, machine: Machine) -> None:
    day.come(machine, day.rng.choice(list(day.place.voters)), day.rng.choice((("a", "b"), ("a", "b"), ("a",), ("b",))))


def _sync(day: Day, machine: Machine) -> None:
    other = _any(day, day.other(machine))
    if other is not None:
        only = day.rng.choice(day.place.devices) if day.rng.random() < 0.3 else ""
        day.sync(machine, other, day.rng.choice((0, 0, 0, 1, 3)), only)


def _meet(day: Day, machine: Machine) -> None:
    """All goes well for a while between a machine and the others."""
    for other in day.other(machine):
        day.sync(other, machine)
    machine.commit()
    for other in day.other(machine):
        day.sync(machine, other)
        other.commit()
        day.head(machine, other)
        day.head(other, machine)
        day.look(other)
    day.look(machine)
    machine.commit()


def _head(day: Day, machine: Machine) -> None:
    late = day.rng.random() < 0.3
    for other in day.other(machine):
        if day.rng.random() < 0.8:
            day.head(machine, other, late)


def _deliver(day: Day) -> None:
    if day.flight:
        place = day.rng.randrange(len(day.flight))
        if day.rng.random() < 0.1:
            day.flight.pop(place)
        else:
            day.deliver(place)


def _power(day: Day) -> None:
    machine = _any(day, [machine for machine in day.machines if not machine.is_dead])
    if machine is None:
        return
    if machine.is_on and day.rng.random() < 0.4:
        day.crash(machine)
    elif not machine.is_on and machine.disk:
        day.boot(machine)
        if day.rng.random() < 0.7:
            day.begin(machine)


def _start(day: Day) -> None:
    machine = _any(day, [machine for machine in day.machines if machine.is_on and not machine.runs])
    if machine is not None:
        day.begin(machine)


def _again(day: Day, machine: Machine) -> None:
    """A run that a stop names over begins a new one."""
    if day.rng.random() < 0.3 or machine.log.books.is_named(machine.run):
        day.crash(machine)
        day.boot(machine)
        day.begin(machine)


def _stop(day: Day, machine: Machine) -> None:
    silent = day.silent()
    if silent and (day.rng.random() < 0.3 or any(one.is_dead for one in day.machines)):
        never = {device for device in silent if not any(one.disk for one in day.machines if one.device == device)}
        named = silent if day.rng.random() < 0.7 else {one for one in sorted(silent) if day.rng.random() < 0.7} | never
        day.stop(machine, named, again=day.rng.random() < 0.05)


def _false_stop(day: Day, machine: Machine) -> None:
    if day.rng.random() < 0.2:
        day.stop(machine, {day.rng.choice(day.place.devices)} | day.silent())


def _give(day: Day, machine: Machine) -> None:
    held = [book for book in machine.log.books if machine.log.books.holder(book) == machine.run]
    if held:
        day.give(machine, day.rng.choice(held), day.rng.choice(day.place.devices))


def _undo(day: Day, machine: Machine) -> None:
    day.undo(machine, day.rng.choice(list(day.place.voters)))


def _excuse(day: Day, machine: Machine) -> None:
    if not machine.seen.member.reached:
        day.excuse(machine, set(machine.seen.member.awaited()) & day.silent())


def _cut(day: Day) -> None:
    if day.rng.random() < 0.5:
        for machine in day.machines:
            machine.group = 0
    else:
        machine = day.rng.choice(day.machines)
        machine.group = day.rng.randrange(4)


def _talk(day: Day, machine: Machine) -> None:
    """What no book depends on."""
    voter = day.rng.choice(list(day.place.voters))
    known = machine.log.ledger.referrals(voter)
    may_refer = table_of(machine.device) is not None and day.rng.random() < 0.05
    body = day.rng.choice((e.Closed(), e.Reopened(), e.Reopened()))
    if known:
        body = e.Released(voter, known)
    elif may_refer:
        body = e.Referred(voter)
    machine.write(body, day.now())


def _compare(day: Day, machine: Machine) -> None:
    agree(day, machine.log)


ORDINARY: list[tuple[int, Deed]] = [
    (10, _with(_come)),
    (12, _with(lambda _, machine: machine.commit())),
    (14, _with(_sync)),
    (6, _with(_meet)),
    (10, _with(_head)),
    (10, _deliver),
    (16, _with(lambda day, machine: day.look(machine))),
    (4, _with(lambda day, machine: day.view(machine))),
    (1, _with(lambda day, machine: day.give_up(machine))),
    (2, _with(_undo)),
    (1, _with(_talk)),
    (1, _with(lambda day, machine: day.end_island(machine))),
    (2, _start),
]
ROUGH: list[tuple[int, Deed]] = [
    (6, _power),
    (2, _with(_again)),
    (6, _with(_stop)),
    (4, _with(_give)),
    (1, _with(_excuse)),
    (3, _cut),
    (1, _with(lambda day, machine: day.island(machine))),
    (1, _with(lambda day, machine: day.lock(machine))),
]


def morning(day: Day) -> None:
    """All but the spare are put on, and the chair opens the poll."""
    for machine in day.machines:
        if machine.device not in day.place.spares:
            day.boot(machine)
            day.begin(machine)
    settle(day)
    day.stop(day.rng.choice(day.running))
    settle(day)


def settle(day: Day, rounds: int = 3) -> None:
    """Time passes, and all goes well among those who are connected."""
    before: list[tuple[int, bool]] = []
    for _ in range(rounds):
        while day.flight:
            day.deliver(0)
        for machine in day.running:
            machine.commit()
        for machine in day.running:
            for other in day.other(machine):
                day.sync(machine, other)
                other.commit()
        for machine in day.running:
            for other in day.other(machine):
                day.head(machine, other)
        for machine in day.running:
            day.look(machine)
            day.view(machine)
            machine.commit()
            day.end_island(machine)
        state = [(len(machine.disk), machine.seen.member.reached) for machine in day.machines]
        if state == before:
            break
        before = state


def play(day: Day, steps: int = STEPS) -> None:
    """A day at random."""
    rng = day.rng
    deeds = [*ORDINARY, *(one for one in ROUGH if rng.random() < 0.7)]
    roll = rng.random()
    if roll < 0.15:
        deeds.append((3, _old_card))
    elif roll < 0.25:
        deeds.append((1, _copy))
    elif roll < 0.35:
        deeds.append((2, _with(_false_stop)))
    elif roll < 0.5:
        liar = rng.choice([machine for machine in day.machines if machine.device != "S.1"])
        liar.is_liar = True
        deeds.append((12, lambda day: lie(day, liar)))
    if rng.random() < 0.4:
        deeds.append((1, _die))
    if rng.random() < 0.2:
        deeds.append((1, _blackout))
    if day.compares and rng.random() < 0.5:
        deeds.append((1, _with(_compare)))
    weights = [weight for weight, _ in deeds]
    for _, deed in rng.choices(deeds, weights, k=steps):
        deed(day)


def _die(day: Day) -> None:
    if sum(machine.is_dead for machine in day.machines) < len(day.place.tables) - 1 and day.rng.random() < 0.3:
        day.die(day.rng.choice(day.machines))


def _blackout(day: Day) -> None:
    if day.rng.random() < 0.3:
        for machine in day.machines:
            day.crash(machine)
        for machine in day.machines:
            if machine.disk and day.rng.random() < 0.8:
                day.boot(machine)
                day.begin(machine)


def _old_card(day: Day) -> None:
    machine = day.rng.choice(day.machines)
    if machine.disk and len(day.restored) < 1:
        day.crash(machine)
        day.old_card(machine)
        day.boot(machine)
        if day.rng.random() < 0.5:
            day.begin(machine)


def _copy(day: Day) -> None:
    machine = day.rng.choice(day.machines)
    if not day.copies and machine.runs and (twin := day.copy(machine)) is not None:
        day.boot(twin)
        day.begin(twin)


# --- the end of the day ---


def agree(day: Day, log: Log) -> None:
    """S3: the product says of these entries what the oracle's own fold says."""
    own = OwnFold((one.plain for one in log.have.values()), day.place.facts)
    if wrong := saying.differences(saying.said(log), saying.told(own, day.place)):
        raise Wrong(f"S3, the own fold says otherwise: {wrong[:6]}")
    day.counts["compared"] += 1


def evening(day: Day) -> None:
    """All cables are back; the chair stops who is dead; all is counted."""
    for machine in day.machines:
        machine.group = 0
    seen: set[str] = set()
    for machine in list(day.machines):
        if machine.is_liar or (machine.device in seen and machine.device in day.copies):
            day.die(machine)
        seen.add(machine.device)
    for machine in day.machines:
        if not machine.is_on and machine.disk and day.rng.random() < 0.6:
            day.boot(machine)
        day.begin(machine, unsure=0.0)
    settle(day, 4)
    serve = _heal(day)
    judge_ledgers(day)
    if serve:
        judge_service(day)


def _heal(day: Day) -> bool:
    """The chair gets all books to somebody who decides; whether there is anybody."""
    for _ in range(8):
        for machine in list(day.running):
            if machine.log.books.is_named(machine.run):
                day.crash(machine)
                day.boot(machine)
                day.begin(machine, unsure=0.0)
            elif not rules.t_no_twin(machine.log.books, machine.run):
                day.die(machine)  # two cards with one key: it is locked, and another takes its place
        settle(day, 4)
        able = [machine for machine in day.running if rules.may_go_on(machine.seen)]
        if not able or day.codes >= 40:
            return False
        if all(any(machine.may_decide(book) for machine in able) for book in day.place.opening):
            return True
        for machine in able:
            _excuse(day, machine)
            day.look(machine)
            if not machine.seen.member.reached and len(able) > 1 and day.rng.random() < 0.8:
                day.lock(machine)  # an old card whose witness is dead: its table's book goes to another
                able.remove(machine)
                break
        day.stop(day.rng.choice(able))
        settle(day, 4)
    raise Wrong(f"liveness: {_who_decides(day)}")


def _who_decides(day: Day) -> str:
    log = day.running[0].log
    holders = {book: (log.books.holder(book), log.books.chain(book).open) for book in day.place.opening}
    members = {day.name(one): (one.seen.member.reached, one.seen.member.awaited()) for one in day.running}
    return f"the books are at {holders}, the members are {members}"


def judge_ledgers(day: Day) -> None:
    """S2, S3 and S4, of all entries that are left."""
    union: dict[tuple[str, int], Record] = {}
    for machine in day.running:
        union.update((one.key, one) for one in machine.disk)
    logs = [Log(day.place) for _ in range(2)]
    for log in logs:
        in_some_order(sorted(union.values(), key=lambda one: one.key), day.rng, log.may_take, log.take)
    if wrong := saying.differences(saying.said(logs[0]), saying.said(logs[1])):
        raise Wrong(f"S3, the order matters: {wrong[:6]}")
    for machine in day.running:
        if wrong := saying.differences(saying.said(machine.log), saying.said(logs[0])):
            raise Wrong(f"S3, {day.name(machine)} says otherwise: {wrong[:6]}")
    if day.compares:
        agree(day, logs[0])
    _judge_hands(day, logs[0])


def _judge_hands(day: Day, log: Log) -> None:
    ledger = log.ledger
    lost = {machine.device for machine in day.machines if machine not in day.running} | set(day.restored)
    counted: dict[tuple[int, str], int] = {}
    for hand in day.hands:
        case = ledger.cases.get(hand.request)
        too_early = day.was_undone_too_early(hand) and (case is None or not case.issued)
        if hand.returned or day.thief_undid(hand) or too_early:
            continue
        stands = case is not None and ledger.mark(case)
        for one in hand.elections:
            counted[hand.voter, one] = counted.get((hand.voter, one), 0) + stands
        if stands or ledger.is_found(hand.voter, hand.machine.device):
            continue
        if (case is not None and (case.issued or ledger.granted(case))) or (len(lost) <= 1 and not day.false_word):
            raise Wrong(f"S2 or S4: nobody knows what {hand.voter} was given by {hand.request}")
        day.counts["a mark lost with two disks"] += 1
    shown = ledger.conflicts()
    for (voter, _), count in counted.items():
        if count > 1 and voter not in shown:
            raise Wrong(f"S4: nobody is told that {voter} has been given ballots twice")


def judge_service(day: Day) -> None:
    """Every honest voter can be served, and nobody twice."""
    liars = {machine.device for machine in day.machines if machine.is_liar}
    tables = [machine for machine in day.running if table_of(machine.device) is not None and rules.f_may_ask(machine.seen)]
    if not tables:
        return
    for machine in day.running:
        day.give_up(machine)
        machine.commit()
    settle(day)
    if len(day.running) == 1:
        day.island(tables[0])
    wait: list[int] = []
    for voter in day.place.voters:
        ledger = tables[0].log.ledger
        for spot in ledger.referrals(voter):
            tables[0].write(e.Released(voter, (spot,)), day.now())
        if any(hand.voter == voter and not hand.returned for hand in day.hands):
            continue
        if not ledger.marking(voter) and not list(ledger.found(voter)):
            wait.append(voter)
        elif not liars and not day.false_word:
            day.counts["already marked, and has nothing"] += 1
    for voter in day.rng.sample(wait, min(len(wait), SERVED_IN_THE_EVENING)):
        settle(day, 2)
        _serve(day, day.rng.choice(tables), voter)


def _serve(day: Day, machine: Machine, voter: int) -> None:
    before = day.counts["green"]
    if not day.come(machine, voter):
        raise Wrong(f"liveness: {voter} was not let in at {day.name(machine)}")
    settle(day, 4)
    if day.counts["green"] == before:
        raise Wrong(f"liveness: {voter} was not served at {day.name(machine)}")
    day.counts["served in the evening"] += 1
