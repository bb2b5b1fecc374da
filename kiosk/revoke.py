"""Revoking a lost device: the authority's command, from any machine in the place's network."""

import selectors
import time
from collections.abc import Callable, Collection
from pathlib import Path

from cryptography import x509

from kiosk.authority import Authority, AuthorityError, read_list
from kiosk.bundle import AUTHORITY, PLAN
from kiosk.config import load_plan
from kiosk.sync.connection import Broker, Credentials
from kiosk.sync.link import Arrived, Flooding, Gone, Link
from kiosk.sync.topics import COMMAND, Kind
from kiosk.trust import client_context

_PATIENCE_S = 15.0  # seconds that the nodes have to say that they know


def revoke(folder: Path, origins: Collection[str], told: Callable[[str], None]) -> bool:
    """Revoke the certificates of these disks, with the authority in `folder`; `told` is called with each node that knows.

    Returns:
        Whether all nodes have said that they know, within some seconds. It holds in any case for those that hear of it later.

    Raises:
        AuthorityError: there is no such disk, or the authority can't be read.
        PlanError: its plan can't be read.
    """
    plan = load_plan(folder / PLAN)
    authority = Authority.load(folder)
    revoked = authority.revoke(origins)
    authority.save(folder)
    certificate = x509.load_pem_x509_certificate(authority.certificate)
    context = client_context(folder / AUTHORITY, folder / COMMAND, revoked)
    gone = {origin for origin, serials in authority.issued.items() if revoked.serials.intersection(serials)}
    know: set[str] = set()

    def receive(came: Arrived | Flooding | Gone) -> None:
        if isinstance(came, Arrived) and came.kind is Kind.REVOKED and came.sender not in know:
            try:
                read = read_list(came.payload, certificate)
            except AuthorityError:
                return
            if read.number >= revoked.number:
                know.add(came.sender)
                told(came.sender)

    selector = selectors.DefaultSelector()
    brokers = [Broker(broker.host, broker.port) for broker in plan.brokers]
    credentials = Credentials(context, frozenset(authority.issued), frozenset(gone), revoked.pem)
    link = Link(plan.place.realm, COMMAND, brokers, credentials, selector, receive)
    until = time.monotonic() + _PATIENCE_S
    try:
        while (left := until - time.monotonic()) > 0 and not _all_know(know, plan.nodes, gone):
            for key, mask in selector.select(min(left, link.tick())):
                key.data(mask)
    finally:
        link.close()
        selector.close()
    return _all_know(know, plan.nodes, gone)


def _all_know(know: Collection[str], nodes: Collection[str], gone: Collection[str]) -> bool:
    """Whether a disk of every node has said so; of a node whose first disk is gone, another one."""
    return {origin.partition(".")[0] for origin in know} >= set(nodes) - {origin.partition(".")[0] for origin in gone}
