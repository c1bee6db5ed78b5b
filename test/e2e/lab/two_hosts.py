"""What many a small lab consists of."""

from typing import NamedTuple

from .appliance import Appliance
from .config import Mapping, Port
from .lab import Lab
from .namespace import Namespace, link


class TwoHosts(NamedTuple):
    """natto runs between `a` and `b`."""

    natto: Appliance
    a: Namespace
    b: Namespace


# Of both hosts of overlapping_hosts(), of natto on both links, and what each host is seen as.
REAL, NATTO = "10.0.0.10", "10.0.0.1"
A_MAPPED, B_MAPPED = "100.64.1.10", "100.64.2.10"


def overlapping_hosts(
    lab: Lab, world: Namespace, mtus: tuple[int, int] = (1500, 1500)
) -> TwoHosts:
    """Two hosts with one and the same address, each on a veth of its own to `world`, natto's own."""
    a, b = lab.namespace("a"), lab.namespace("b")
    for host, mtu in zip((a, b), mtus):
        link(host, "eth0", world, f"to-{host.name}", mtu)
        host.address("eth0", f"{REAL}/24")
        host.route("default", "via", NATTO)
    config = lab.write_config(
        [Port(realm, f"to-{realm}", f"{NATTO}/24", mtu=mtu) for realm, mtu in zip("ab", mtus)],
        [Mapping("a", "a", REAL, A_MAPPED), Mapping("b", "b", REAL, B_MAPPED)],
    )
    return TwoHosts(lab.start_natto(config, world), a, b)
