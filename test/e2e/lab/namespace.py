"""A network namespace: one host, router or switch of the lab."""

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

from . import world
from .command import run

# What the kernel would leave to hardware that is not there reaches natto half made.
OFFLOADS = ("tx", "off", "tso", "off", "gso", "off", "gro", "off")


class Namespace:
    """Made by Lab.namespace()."""

    def __init__(self, name: str) -> None:
        self.name = name
        run("ip", "netns", "add", name)
        for which in ("all", "default"):
            self.set(f"net/ipv6/conf/{which}/disable_ipv6", "1")
            self.set(f"net/ipv4/conf/{which}/rp_filter", "0")
        self.run("ip", "link", "set", "lo", "up")

    def delete(self) -> None:
        run("ip", "netns", "del", self.name)

    def inside(self, *words: str) -> list[str]:
        """The command that runs `words` in this namespace."""
        return ["nsenter", f"--net=/run/netns/{self.name}", "--", *words]

    def run(self, *words: str) -> str:
        """Run a command here and return its output; raise if it fails."""
        return run(*self.inside(*words))

    @contextlib.contextmanager
    def entered(self) -> Iterator[None]:
        """The calling thread is here meanwhile; sockets made now stay here."""
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        here = os.open(f"/run/netns/{self.name}", os.O_RDONLY)
        try:
            world.setns(here)
            yield
        finally:
            world.setns(home)
            os.close(here)
            os.close(home)

    def set(self, key: str, value: str) -> None:
        """Write a kernel setting of this namespace, such as net/ipv4/ip_forward."""
        with self.entered():
            Path("/proc/sys", key).write_text(value)

    def address(self, interface: str, *addresses: str) -> None:
        """Give `interface` addresses with prefix length."""
        for address in addresses:
            self.run("ip", "address", "add", address, "dev", interface)

    def route(self, *words: str) -> None:
        """Add a route, in the words of `ip route add`."""
        self.run("ip", "route", "add", *words)

    def forward(self) -> None:
        """Be a router."""
        self.set("net/ipv4/ip_forward", "1")

    def listens(self, protocol: str, port: int, address: str = "") -> bool:
        """Whether a program here waits on a port, of an address or any; `protocol` is "tcp" or "udp"."""
        return bool(self.run("ss", "-Hnl", f"--{protocol}", f"src {address}:{port}"))

    def mac(self, interface: str) -> str:
        """The MAC address of `interface`."""
        return json.loads(self.run("ip", "-json", "link", "show", interface))[0]["address"]


def link(one: Namespace, interface: str, two: Namespace, peer: str, mtu: int = 1500) -> None:
    """Join two namespaces by a virtual cable, both ends up and without offloads."""
    run(
        *("ip", "link", "add", "name", interface, "netns", one.name),
        *("type", "veth", "peer", "name", peer, "netns", two.name),
    )
    for namespace, end in ((one, interface), (two, peer)):
        namespace.run("ethtool", "-K", end, *OFFLOADS)
        namespace.run("ip", "link", "set", "dev", end, "mtu", str(mtu), "up")
