"""Two companies, each a host behind two routers, and the ways to join them to natto.

    host --- inner router --- edge router --- natto

With one port of natto's, the router of `real_case` lies between the edge routers and natto. A
company's addresses end alike for its routers, so that these differ even if its network does not.
"""

from dataclasses import dataclass

from . import real_case
from .appliance import Appliance
from .config import Mapping, Port
from .lab import Lab
from .namespace import Namespace, link


@dataclass(frozen=True)
class Plan:
    """The numbers that make a company's addresses."""

    name: str
    network: str  # the first two
    router: int  # the last one, of its routers
    mapped: str

    def on(self, subnet: int, station: int) -> str:
        return f"{self.network}.{subnet}.{station}"

    @property
    def host(self) -> str:
        return self.on(1, 10)

    @property
    def edge(self) -> str:
        """Its edge router, as seen from natto's side."""
        return self.on(3, self.router)

    @property
    def beyond(self) -> str:
        """Its edge router's next hop."""
        return self.on(3, 4)


A = Plan("a", "10.32", 1, real_case.A_MAPPED)
B = Plan("b", "10.34", 1, real_case.B_MAPPED)
OVERLAPPING_A = Plan("a", "10.0", 1, real_case.A_MAPPED)
OVERLAPPING_B = Plan("b", "10.0", 2, real_case.B_MAPPED)


@dataclass(frozen=True)
class Company:
    """`edge` reaches natto by its interface eth0, and the inner router by `inside`."""

    host: Namespace
    inner: Namespace
    edge: Namespace
    mapped: str  # what the other company knows of it
    natto: str  # natto's address on its side
    hops: list[str]  # the routers between its host and natto, as its host sees them
    addresses: set[str]  # all real ones of its own

    def narrow(self, mtu: int) -> None:
        """Let nothing longer than `mtu` pass between its routers."""
        self.inner.run("ip", "link", "set", "dev", "outside", "mtu", str(mtu))
        self.edge.run("ip", "link", "set", "dev", "inside", "mtu", str(mtu))

    def way_to(self, other: "Company", stand_in: str) -> list[str]:
        """What traceroute shows, with `stand_in` for each router of the other company."""
        return [*self.hops, self.natto, *(stand_in for _ in other.hops), other.mapped]


@dataclass(frozen=True)
class Site:
    """Everything but natto itself, whose namespace has interfaces without addresses."""

    a: Company
    b: Company
    natto: Namespace
    ports: list[Port]
    mappings: list[Mapping]

    @property
    def directions(self) -> tuple[tuple[Company, Company], tuple[Company, Company]]:
        """Client and server, either way round."""
        return (self.a, self.b), (self.b, self.a)

    def start_natto(self, lab: Lab, **icmp: str | int) -> Appliance:
        """`icmp` are keys of natto's section of that name."""
        return lab.start_natto(lab.write_config(self.ports, self.mappings, icmp=icmp), self.natto)


def one_arm(lab: Lab) -> Site:
    """Both companies behind natto's one port."""
    router, natto = _host(lab, "router"), _host(lab, "natto")
    real_case.join(router, natto)

    def company(plan: Plan) -> Company:
        made = _company(lab, plan, real_case.NATTO_ADDRESS, [plan.beyond])
        real_case.peer(router, f"to-{plan.name}", made.edge, plan.edge, plan.beyond)
        router.route(f"{plan.network}.0.0/16", "via", plan.edge)
        return made

    return Site(company(A), company(B), natto, real_case.PORTS, _mappings(A, B, "middle", "middle"))


def two_arm(lab: Lab, a: Plan = A, b: Plan = B) -> Site:
    """A port for each company."""
    natto = _host(lab, "natto")

    def company(plan: Plan) -> Company:
        made = _company(lab, plan, plan.beyond, [])
        link(made.edge, "eth0", natto, f"to-{plan.name}")
        made.edge.address("eth0", f"{plan.edge}/24")
        made.edge.route(real_case.MIDDLE, "via", plan.beyond)
        return made

    ports = [Port(p.name, f"to-{p.name}", f"{p.beyond}/24", p.edge) for p in (a, b)]
    return Site(company(a), company(b), natto, ports, _mappings(a, b, a.name, b.name))


def overlapping(lab: Lab) -> Site:
    """A port for each company; both use one and the same network, and their hosts one address."""
    return two_arm(lab, OVERLAPPING_A, OVERLAPPING_B)


def _host(lab: Lab, name: str) -> Namespace:
    """A namespace that sends as many ICMP errors as it is asked for."""
    host = lab.namespace(name)
    host.set("net/ipv4/icmp_ratelimit", "0")
    return host


def _company(lab: Lab, plan: Plan, natto: str, further_hops: list[str]) -> Company:
    """All of it but the edge router's way to natto."""
    host, inner, edge = (_host(lab, plan.name + what) for what in ("", "-inner", "-edge"))
    inside, outside = plan.on(1, plan.router), plan.on(2, 100 + plan.router)
    edge_inside = plan.on(2, plan.router)
    link(host, "eth0", inner, "inside")
    link(inner, "outside", edge, "inside")
    host.address("eth0", f"{plan.host}/24")
    inner.address("inside", f"{inside}/24")
    inner.address("outside", f"{outside}/24")
    edge.address("inside", f"{edge_inside}/24")
    host.route("default", "via", inside)
    inner.route("default", "via", edge_inside)
    edge.route(plan.on(1, 0) + "/24", "via", outside)
    inner.forward()
    edge.forward()
    hops = [inside, edge_inside, *further_hops]
    addresses = {plan.host, inside, outside, edge_inside, plan.edge}
    return Company(host, inner, edge, plan.mapped, natto, hops, addresses)


def _mappings(a: Plan, b: Plan, a_realm: str, b_realm: str) -> list[Mapping]:
    return [Mapping("a", a_realm, a.host, a.mapped), Mapping("b", b_realm, b.host, b.mapped)]
