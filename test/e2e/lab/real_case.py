"""The case natto was made for: two companies' clouds, and natto alone in a subnet between them.

Each company's network is joined ("peered") to the middle, where a router carries packets between a
company and natto's subnet, but never from one company to the other. Whatever is sent to a mapped
address the router delivers to natto, whose interface owns it.
"""

from dataclasses import dataclass

from .config import Mapping, Port
from .lab import Lab
from .namespace import Namespace, link

A_REAL, A_MAPPED = "10.32.1.157", "10.33.1.145"
B_REAL, B_MAPPED = "10.34.1.125", "10.33.1.151"
MIDDLE = "10.33.1.0/24"
ROUTER_ADDRESS = "10.33.1.113"
NATTO_ADDRESS = "10.33.1.124"
NATTO_INTERFACE = "eth0"

PORTS = [Port("middle", NATTO_INTERFACE, f"{NATTO_ADDRESS}/28", ROUTER_ADDRESS)]
MAPPINGS = [
    Mapping("company-a", "middle", A_REAL, A_MAPPED),
    Mapping("company-b", "middle", B_REAL, B_MAPPED),
]


@dataclass(frozen=True)
class RealCase:
    a: Namespace
    b: Namespace
    router: Namespace
    natto: Namespace


def build(lab: Lab) -> RealCase:
    """Everything but natto itself, whose namespace has an interface without addresses."""
    case = RealCase(*(lab.namespace(name) for name in ("a", "b", "router", "natto")))
    join(case.router, case.natto)
    peer(case.router, "to-a", case.a, A_REAL, "10.32.1.1")
    peer(case.router, "to-b", case.b, B_REAL, "10.34.1.1")
    return case


def join(router: Namespace, natto: Namespace) -> None:
    """Put natto and the middle's router into natto's subnet."""
    link(router, "middle", natto, NATTO_INTERFACE)
    router.address("middle", f"{ROUTER_ADDRESS}/28")
    router.forward()
    router.route(MIDDLE, "dev", "middle")


def peer(router: Namespace, interface: str, host: Namespace, address: str, gateway: str) -> None:
    """Join a company's host to the router, which lets it reach the middle and nothing else."""
    link(host, "eth0", router, interface)
    host.address("eth0", f"{address}/24")
    router.address(interface, f"{gateway}/24")
    host.route("default", "via", gateway)
    table = str(100 + len(router.run("ip", "rule").splitlines()))
    router.route(MIDDLE, "dev", "middle", "table", table)
    router.route("blackhole", "default", "table", table)
    router.run("ip", "rule", "add", "iif", interface, "table", table)
