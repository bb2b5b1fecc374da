"""A node that does not wait for the disk, for the test that must notice this: as `valgbord node`, but with synchronous=OFF.

Run as a wrapper: the node's own command line is its arguments.
"""

import signal
import sys
from pathlib import Path

from kiosk import wiring
from kiosk.service.loop import Service
from kiosk.trust.bundle import Bundle


def main(arguments):
    options = dict(zip(arguments[::2], arguments[1::2], strict=True))
    bundle = Bundle.load(Path(options["--bundle"]))
    make = wiring.node_maker(bundle)

    def make_careless(database):
        database.db.conn.execute("pragma synchronous=off")
        return make(database)

    view = wiring.view_of(bundle.plan, bundle.device.name)
    running = Service(bundle, Path(options["--data"]), Path(options["--socket"]), view, make_careless, worker=[])
    signal.signal(signal.SIGTERM, lambda *_: running.stop())
    scanner = wiring.scanner(bundle, running)
    scanner.start()
    running.run()
    scanner.stop()


main(sys.argv[sys.argv.index("node") + 1 :])
