"""A pair of natto in a VPC, as doc/ec2-standby.md has it. An EC2 that is made up decides which of both gets what hosts
send: the VPC's routes are what natto-takeover aws has changed there.
"""

import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from fake_ec2 import FakeEc2, Interface
from fake_metadata import ADDRESS, FakeMetadata

from .config import Mapping, mappings_toml
from .lab import Lab
from .namespace import Namespace, link
from .pair import INTERFACE, MANAGEMENT, Node, Pair, make_node, script

A_REAL, A_MAPPED = "10.32.0.10", "10.33.1.110"  # an address of the ENI
B_REAL, B_MAPPED, ROUTE = "10.34.0.20", "10.50.0.20", "10.50.0.0/24"  # behind a route to it
C_REAL, C_MAPPED, PREFIX = "10.35.0.5", "10.33.1.69", "10.33.1.64/28"  # host b as well; of a delegated prefix
TABLE = mappings_toml(
    [
        Mapping("a", "middle", A_REAL, A_MAPPED),
        Mapping("b", "middle", "10.34.0.0/24", ROUTE),
        Mapping("c", "middle", "10.35.0.0/28", PREFIX),
    ]
)
GATEWAY = "10.33.1.1"
OWN = {"natto-a": "10.33.1.4", "natto-b": "10.33.1.5"}
# The route table that hosts' packets meet, and one of others, which leads to natto too.
USED, UNUSED = "rtb-used", "rtb-unused"


@dataclass(frozen=True)
class Vpc:
    """Who gets what is sent to natto's addresses. A change of EC2's is at once one here."""

    router: Namespace
    ec2: FakeEc2
    routes: dict[str, str] = field(default_factory=dict)  # the node by destination
    moved_at: list[float] = field(default_factory=list)  # on the clock

    def follow(self) -> None:
        """EC2 has changed. Under its lock."""
        now = {
            destination: eni.removeprefix("eni-")
            for eni, interface in self.ec2.interfaces.items()
            for destination in (*interface.addresses[1:], *interface.prefixes)
        }
        now |= {d: eni.removeprefix("eni-") for d, eni in self.ec2.tables[USED][1].items()}
        changed = {d: node for d, node in now.items() if self.routes.get(d) != node}
        lines = [f"route replace {d} via {OWN[n]} dev to-{n} onlink" for d, n in changed.items()]
        lines += [f"route del {d}" for d in self.routes.keys() - now.keys()]
        if lines:
            batch = ["ip", "-n", self.router.name, "-batch", "-"]
            subprocess.run(batch, input="\n".join(lines), text=True, check=True)
            self.routes.clear()
            self.routes.update(now)
            self.moved_at.append(time.time())


@dataclass(frozen=True)
class Cloud(Pair):
    """`switch` is the VPC's router; `management` is between both natto and EC2."""

    vpc: Vpc | None = None
    management: Namespace | None = None

    @property
    def ec2(self) -> FakeEc2:
        return self.vpc.ec2

    def has_taken_over(self, node: Node) -> bool:
        """Every packet goes there."""
        with self.ec2.lock:
            return self.vpc.routes == {A_MAPPED: node.name, PREFIX: node.name, ROUTE: node.name}

    def moved_at(self) -> float | None:
        return self.vpc.moved_at[-1]

    def settled(self) -> bool:
        if not super().settled():
            return False
        (node,) = self.active()
        return self.has_taken_over(node) and self.ec2.tables[UNUSED][1] == {ROUTE: f"eni-{node.name}"}

    def part(self, apart: bool) -> None:
        """Both natto do not hear each other's keepalived any more, or they do again. Both reach EC2."""
        for node in self.nodes:
            words = ("dev", f"to-{node.name}", "isolated", "on" if apart else "off")
            self.management.run("bridge", "link", "set", *words)


def build(lab: Lab, natto: Path) -> Cloud:
    """All but the running programs. `natto` is the program. All is natto-a's."""
    router = lab.namespace("vpc")
    router.forward()
    hosts = [lab.namespace(name) for name in ("host-a", "host-b")]
    for host, address in zip(hosts, (A_REAL, B_REAL), strict=True):
        link(host, "eth0", router, f"to-{host.name}")
        first = address.rsplit(".", 1)[0] + ".1"
        host.address("eth0", f"{address}/24")
        host.route("default", "via", first)
        router.address(f"to-{host.name}", f"{first}/24")
    hosts[1].address("eth0", f"{C_REAL}/32")
    router.route("10.35.0.0/28", "via", B_REAL)

    management = lab.namespace("ec2")
    management.run("ip", "link", "add", "name", "bridge", "type", "bridge")
    management.run("ip", "link", "set", "dev", "bridge", "up")
    management.address("bridge", "192.0.2.254/24", f"{ADDRESS}/32")
    with management.entered():
        ec2 = FakeEc2("192.0.2.254")
        instances = {f"192.0.2.{index + 1}": f"i-{name}" for index, name in enumerate(OWN)}
        metadata = FakeMetadata(instances, "eu-west-1")
    nodes = []
    for index, (name, own) in enumerate(OWN.items()):
        machine = lab.namespace(name)
        link(machine, INTERFACE, router, f"to-{name}")
        router.address(f"to-{name}", f"{GATEWAY}/32")
        router.route(f"{own}/32", "dev", f"to-{name}")
        link(machine, MANAGEMENT, management, f"to-{name}")
        management.run("ip", "link", "set", "dev", f"to-{name}", "master", "bridge")
        machine.address(MANAGEMENT, f"192.0.2.{index + 1}/24")
        machine.route(f"{ADDRESS}/32", "dev", MANAGEMENT)
        node = make_node(lab, machine, natto, f"{own}/24", TABLE, GATEWAY)
        _move_when_elected(node, ec2.url)
        nodes.append(node)

    ec2.interfaces = {
        f"eni-{name}": Interface(f"i-{name}", "subnet", "vpc", [own]) for name, own in OWN.items()
    }
    ec2.interfaces["eni-natto-a"].addresses.append(A_MAPPED)
    ec2.interfaces["eni-natto-a"].prefixes.append(PREFIX)
    ec2.tables = {table: ("vpc", {ROUTE: "eni-natto-a"}) for table in (USED, UNUSED)}
    vpc = Vpc(router, ec2)
    ec2.changed = vpc.follow
    vpc.follow()
    for service in (ec2, metadata):
        lab.until_closed(service)
    return Cloud(
        *(*hosts, router, (nodes[0], nodes[1]), A_MAPPED, B_MAPPED, C_MAPPED),
        vpc=vpc,
        management=management,
    )


def _move_when_elected(node: Node, url: str) -> None:
    peer = " ".join(f"--peer i-{name}" for name in OWN if name != node.name)
    script(
        node.on_active,
        f"exec {node.takeover} aws -c {node.config} --endpoint {url} --keep 2 {peer} >>{node.on_active}.log 2>&1",
    )


def renew_credentials(ec2: FakeEc2, seconds: float) -> None:
    """They have expired, for so long."""
    ec2.expired = True
    threading.Timer(seconds, setattr, (ec2, "expired", False)).start()
