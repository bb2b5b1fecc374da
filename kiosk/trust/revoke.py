"""Revoking a lost device: the authority's command, from any machine in the place's network."""

import selectors
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path

from cryptography import x509

from kiosk.plan.config import load_plan
from kiosk.sync.connection import BrokerAddress, Credentials
from kiosk.sync.link import Arrived, Flooding, Link, SenderOffline
from kiosk.sync.topics import COMMAND, TopicKind
from kiosk.trust.authority import Authority, AuthorityError, RevocationList, read_revocation_list
from kiosk.trust.bundle import AUTHORITY, PLAN
from kiosk.trust.trust_store import client_context

_PATIENCE_S = 15.0  # seconds that the nodes have to say that they know


def revoke(folder: Path, devices: Collection[str], told: Callable[[str], None]) -> list[str]:
    """Revoke the certificates of these devices, with the authority in `folder`; `told` is called with each node that knows.

    The nodes know what another copy of this folder has revoked. That is taken in, so that no revoked device is let in again.

    Returns:
        The nodes that have not said within some seconds that they know. It holds in any case for those that hear of it later.

    Raises:
        AuthorityError: there is no such device, or the authority can't be read.
        PlanError: its plan can't be read.
    """
    plan = load_plan(folder / PLAN)
    authority = Authority.load(folder)
    authority.revoke(devices)
    authority.save(folder)
    certificate = x509.load_pem_x509_certificate(authority.certificate)
    heard: dict[str, RevocationList] = {}
    know: set[str] = set()

    def receive(came: Arrived | Flooding | SenderOffline) -> None:
        if isinstance(came, Arrived) and came.kind is TopicKind.REVOKED:
            with suppress(AuthorityError):
                heard[came.sender] = read_revocation_list(came.payload, certificate)

    selector = selectors.DefaultSelector()
    brokers = [BrokerAddress(broker.host, broker.port) for broker in plan.brokers]
    link = Link(plan.place.realm, COMMAND, brokers, _credentials(authority, folder), selector, receive)
    until = time.monotonic() + _PATIENCE_S
    try:
        while (left := until - time.monotonic()) > 0 and silent_of(know, plan.nodes, authority.gone):
            for key, mask in selector.select(min(left, link.tick())):
                key.data(mask)
            if [read for read in heard.values() if authority.absorb(read)]:
                authority.save(folder)
                link.renew(_credentials(authority, folder))
            for device in sorted(heard.keys() - know):
                if heard[device] == authority.revoked:
                    know.add(device)
                    told(device)
    finally:
        link.close()
        selector.close()
    return silent_of(know, plan.nodes, authority.gone)


def _credentials(authority: Authority, folder: Path) -> Credentials:
    """What the command connects with. It listens to no revoked device."""
    context = client_context(folder / AUTHORITY, folder / COMMAND, authority.revoked)
    return Credentials(context, frozenset(authority.issued), authority.gone, authority.revoked.pem)


def silent_of(know: Collection[str], nodes: Collection[str], gone: Collection[str]) -> list[str]:
    """The nodes, in the plan's order, of which no device has said that it knows. A node with a revoked device need not."""
    done = {device.partition(".")[0] for device in (*know, *gone)}
    return [node for node in nodes if node not in done]
