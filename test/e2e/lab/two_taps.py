"""natto between two hosts of overlapping networks, on net_tap: each host's interface is the kernel's
end of a port."""

from .config import Mapping, Port
from .lab import Lab
from .two_hosts import TwoHosts

REAL = "10.0.0.10"  # of both hosts
A_MAPPED, B_MAPPED = "100.64.1.10", "100.64.2.10"


def start_between_two_taps(lab: Lab, checksum_offload: str) -> TwoHosts:
    world = lab.namespace("natto")
    ports = [
        Port(
            realm, f"to-{realm}", "10.0.0.1/24", driver="net_tap", checksum_offload=checksum_offload
        )
        for realm in ("a", "b")
    ]
    config = lab.write_config(
        ports, [Mapping("a", "a", REAL, A_MAPPED), Mapping("b", "b", REAL, B_MAPPED)]
    )
    natto = lab.start_natto(config, world)
    hosts = lab.namespace("a"), lab.namespace("b")
    for host in hosts:
        # The driver has made the host's end of the link.
        interface = f"to-{host.name}"
        world.run("ip", "link", "set", "dev", interface, "netns", host.name)
        host.run("ip", "link", "set", "dev", interface, "up")
        host.address(interface, f"{REAL}/24")
        host.route("default", "via", "10.0.0.1")
    return TwoHosts(natto, *hosts)
