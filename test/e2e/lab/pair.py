"""A pair of natto with the same table on one link, and keepalived beside each, as doc/high-availability.md has it."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path

from .appliance import Appliance
from .command import run
from .config import Mapping, Port, mappings_toml
from .lab import Lab
from .namespace import Namespace, link
from .process import Process

ROOT = Path(__file__).resolve().parents[3]
TAKEOVER = ROOT / "scripts" / "ha" / "natto-takeover"
KEEPALIVED_CONF = ROOT / "conf" / "keepalived" / "keepalived.conf"

A_REAL, A_MAPPED = "10.33.1.10", "10.33.1.110"
B_REAL, B_MAPPED = "10.33.1.20", "10.33.1.120"
MAPPINGS = [Mapping("a", "middle", A_REAL, A_MAPPED), Mapping("b", "middle", B_REAL, B_MAPPED)]
TABLE = mappings_toml(MAPPINGS)
INTERFACE, MANAGEMENT = "port", "mgmt"


@dataclass
class Node:
    """A machine with a natto. Its folder holds what is in /etc, /run and /usr/sbin of a real one."""

    lab: Lab
    name: str
    where: Namespace
    folder: Path
    config: Path
    table: Path
    natto: Appliance | None = None
    tracker: Process | None = None
    keepalived: Process | None = None
    advert: str = "1"  # keepalived's advert_int

    @property
    def takeover(self) -> Path:
        """natto-takeover of this machine."""
        return self.folder / "bin" / "natto-takeover"

    @property
    def on_active(self) -> Path:
        """/etc/natto/on-active of this machine; it has none at first."""
        return self.folder / "on-active"

    def start_natto(self) -> None:
        self.natto = self.lab.start_natto(self.config, self.where)

    def kill_natto(self) -> None:
        self.natto.ended = True  # the lab does not ask for its counters
        self.natto.kill()

    def start_tracker(self) -> None:
        words = self.where.inside(
            str(self.folder / "bin" / "natto"), "health", "--track", str(self.folder / "health")
        )
        self.tracker = self._start(words, "tracker")
        self.tracker.wait_until((self.folder / "health").exists, "write its file")

    def start_keepalived(self) -> None:
        text = KEEPALIVED_CONF.read_text()
        for old, new in (
            ("/usr/sbin/natto-takeover", str(self.takeover)),
            ("/run/natto-takeover", str(self.folder)),
            ("interface eth0", f"interface {MANAGEMENT}"),
            ("advert_int 1", f"advert_int {self.advert}"),
        ):
            assert old in text
            text = text.replace(old, new)
        conf = self.folder / "keepalived.conf"
        conf.write_text(text)
        pids = [f"--{name}={self.folder}/{name}" for name in ("pid", "vrrp_pid", "checkers_pid")]
        words = self.where.inside(
            *("keepalived", "--dont-fork", "--log-console", "--vrrp", f"--config-id={self.name}"),
            *(f"--use-file={conf}", *pids),
        )
        self.keepalived = self._start(words, "keepalived")

    def kill_keepalived(self) -> None:
        """It and its children, which would go on for a moment."""
        parent = self.keepalived.pid
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        for pid in (parent, *map(int, children)):
            os.kill(pid, signal.SIGKILL)
        self.keepalived.kill()

    def takes_over(self, *words: str) -> str:
        """What natto-takeover prints."""
        return run(*self.where.inside(str(self.takeover), *words))

    def ask(self, request: str, **members: object) -> dict:
        return self.natto.ask(request, **members)

    def elected(self) -> str:
        """keepalived's last word."""
        file = self.folder / "state"
        return file.read_text().strip() if file.exists() else ""

    def elected_at(self) -> float:
        """When keepalived said it, on the clock."""
        return (self.folder / "state").stat().st_mtime

    def role(self) -> str:
        return self.ask("role")["role"]

    def _start(self, words: list[str], name: str) -> Process:
        process = Process(words, self.lab.file(f"{self.name}-{name}"))
        self.lab._servers.append(process)
        return process


@dataclass(frozen=True)
class Pair:
    """Hosts a and b, of the same link as both natto."""

    a: Namespace
    b: Namespace
    switch: Namespace
    nodes: tuple[Node, Node]
    a_mapped: str = A_MAPPED
    b_mapped: str = B_MAPPED
    tcp_mapped: str = B_MAPPED  # of b too

    def start_keepalived(self, advert: str = "0.1") -> None:
        """On both, with what tells it how natto is; `advert` is its advert_int in seconds."""
        for node in self.nodes:
            node.advert = advert
            node.start_tracker()
            node.start_keepalived()

    def has_taken_over(self, node: Node) -> bool:
        """Hosts send to it, or soon will."""
        return node.role() == "active"

    def moved_at(self) -> float | None:
        """When the last of what natto-takeover moves had gone to the active one, on the clock."""
        return None

    def active(self) -> list[Node]:
        return [node for node in self.nodes if node.role() == "active"]

    def other(self, node: Node) -> Node:
        return self.nodes[1] if node is self.nodes[0] else self.nodes[0]

    def settled(self) -> bool:
        """One is active, both are well, and so keepalived has it."""
        return sorted(node.elected() for node in self.nodes) == ["BACKUP", "MASTER"] and all(
            node.role() == ("active" if node.elected() == "MASTER" else "standby")
            and (node.folder / "health").read_text() == "0\n"
            for node in self.nodes
        )


def build(lab: Lab, natto: Path) -> Pair:
    """All but the running programs. `natto` is the program."""
    switch = lab.namespace("switch")
    switch.run("ip", "link", "add", "name", "bridge", "type", "bridge")
    switch.run("ip", "link", "set", "dev", "bridge", "up")

    def plug(host: Namespace, interface: str) -> None:
        port = f"to-{host.name}"
        link(host, interface, switch, port)
        switch.run("ip", "link", "set", "dev", port, "master", "bridge")

    hosts = [lab.namespace(name) for name in ("host-a", "host-b")]
    for host, address in zip(hosts, (A_REAL, B_REAL), strict=True):
        plug(host, "eth0")
        host.address("eth0", f"{address}/24")
    machines = [lab.namespace(name) for name in ("natto-a", "natto-b")]
    link(machines[0], MANAGEMENT, machines[1], MANAGEMENT)
    nodes = []
    for index, machine in enumerate(machines):
        plug(machine, INTERFACE)
        machine.address(MANAGEMENT, f"192.0.2.{index + 1}/24")
        nodes.append(make_node(lab, machine, natto, f"10.33.1.{index + 1}/24", TABLE))
    return Pair(hosts[0], hosts[1], switch, (nodes[0], nodes[1]))


def make_node(
    lab: Lab, where: Namespace, natto: Path, address: str, text: str, gateway: str | None = None
) -> Node:
    """With that table. None of its programs runs."""
    folder = lab.file(where.name)
    (folder / "bin").mkdir(parents=True)
    table = folder / "mappings.toml"
    table.write_text(text)
    config = lab.write_config([Port("middle", INTERFACE, address, gateway)], table)
    socket_path = folder / "natto.sock"
    config.write_text(
        f"{config.read_text()}\n"
        f'[api]\nsocket = "{socket_path}"\n'
        f'[state]\ndirectory = "{folder}/kept"\n'
        '[ha]\nstart = "standby"\npeer = "peer"\n'
    )
    script(
        folder / "bin" / "natto",
        f'[ "$1" != export ] || exec {natto.resolve()} "$@"',
        f'exec {natto.resolve()} "$@" --socket {socket_path}',
    )
    node = Node(lab, where.name, where, folder, config, table)
    script(
        node.takeover,
        f"export NATTO_TAKEOVER={folder} NATTO_ON_ACTIVE={node.on_active} PATH={folder}/bin:$PATH",
        f'exec {TAKEOVER} "$@"',
    )
    return node


def script(file: Path, *lines: str) -> None:
    file.write_text("\n".join(("#!/bin/sh", *lines, "")))
    file.chmod(0o755)
