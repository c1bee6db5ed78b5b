"""Two companies that use the same addresses, each with a router and a port of natto of its own.

Hosts, routers and natto's ports have equal addresses on both sides; only the mapped addresses
differ. Behind each host lie the addresses of its company's offices, a whole prefix.
"""

from dataclasses import dataclass

from .config import Mapping, Port
from .lab import Lab
from .namespace import Namespace, link

REAL = "10.0.1.10"  # the host, on both sides
OFFICES = "10.0.16.0/20"  # and the offices
A_MAPPED, A_OFFICES_MAPPED = "100.64.1.10", "100.64.16.0/20"
B_MAPPED, B_OFFICES_MAPPED = "100.64.2.10", "100.64.32.0/20"
ALL_MAPPED = "100.64.0.0/16"
NATTO_ADDRESS, ROUTER_ADDRESS = "10.0.255.4", "10.0.255.1"
A_INTERFACE, B_INTERFACE = "to-a", "to-b"  # of natto

PORTS = [
    Port("company-a", A_INTERFACE, f"{NATTO_ADDRESS}/24", ROUTER_ADDRESS),
    Port("company-b", B_INTERFACE, f"{NATTO_ADDRESS}/24", ROUTER_ADDRESS),
]
MAPPINGS = [
    Mapping("a-host", "company-a", REAL, A_MAPPED),
    Mapping("a-offices", "company-a", OFFICES, A_OFFICES_MAPPED),
    Mapping("b-host", "company-b", REAL, B_MAPPED),
    Mapping("b-offices", "company-b", OFFICES, B_OFFICES_MAPPED),
]


@dataclass(frozen=True)
class Company:
    host: Namespace
    router: Namespace


@dataclass(frozen=True)
class TwoArm:
    a: Company
    b: Company
    natto: Namespace


def build(lab: Lab) -> TwoArm:
    """Everything but natto itself, whose namespace has two interfaces without addresses."""
    natto = lab.namespace("natto")
    a = _company(lab, "a", natto, A_INTERFACE)
    b = _company(lab, "b", natto, B_INTERFACE)
    return TwoArm(a, b, natto)


def _company(lab: Lab, name: str, natto: Namespace, interface: str) -> Company:
    company = Company(lab.namespace(name), lab.namespace(f"router-{name}"))
    link(company.host, "eth0", company.router, "inside")
    link(company.router, "edge", natto, interface)
    company.host.address("eth0", f"{REAL}/24")
    company.router.address("inside", "10.0.1.1/24")
    company.router.address("edge", f"{ROUTER_ADDRESS}/24")
    company.host.route("default", "via", "10.0.1.1")
    company.router.route(OFFICES, "via", REAL)
    company.router.route(ALL_MAPPED, "via", NATTO_ADDRESS)
    company.router.forward()
    return company
