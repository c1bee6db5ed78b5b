"""Next hops: hosts on the link, gateways that answer late, move, or never answer."""

import time

import pytest
from lab.config import Mapping, Port
from lab.lab import Lab
from lab.namespace import Namespace, link
from lab.patience import until
from lab.traffic import ping
from lab.two_hosts import TwoHosts
from lab.wire import Wire
from scapy.layers.l2 import ARP, Ether

BROADCAST = "ff:ff:ff:ff:ff:ff"
A_MAPPED, B_REAL, B_MAPPED = "100.64.1.10", "10.34.1.125", "100.64.2.10"
GATEWAY = "10.9.0.254"


@pytest.fixture
def on_link(lab: Lab) -> TwoHosts:
    """Hosts and natto on one switch, without any router."""
    switch, world = lab.namespace("switch"), lab.namespace("natto")
    switch.run("ip", "link", "add", "bridge", "type", "bridge", "mcast_snooping", "0")
    switch.run("ip", "link", "set", "dev", "bridge", "up")
    a, b = lab.namespace("a"), lab.namespace("b")
    for station in (a, b, world):
        link(station, "eth0", switch, station.name)
        switch.run("ip", "link", "set", "dev", station.name, "master", "bridge")
    a.address("eth0", "10.5.0.1/24")
    b.address("eth0", "10.5.0.2/24")
    config = lab.write_config(
        [Port("office", "eth0", "10.5.0.254/24")],
        [
            Mapping("a", "office", "10.5.0.1", "10.5.0.101"),
            Mapping("b", "office", "10.5.0.2", "10.5.0.102"),
        ],
    )
    return TwoHosts(lab.start_natto(config, world), a, b)


def test_natto_stands_in_for_mapped_addresses_on_the_link(lab, on_link) -> None:
    natto, a, b = on_link
    capture = lab.capture(b, "eth0")
    assert ping(a, "10.5.0.102").answered == 3
    assert ping(b, "10.5.0.101").answered == 3
    capture.stop()
    assert capture.ip_pairs() == {("10.5.0.101", "10.5.0.2"): 6, ("10.5.0.2", "10.5.0.101"): 6}
    assert natto.stop().translated == 12


def test_hosts_still_reach_each_other_without_natto(on_link) -> None:
    natto, a, _ = on_link
    assert ping(a, "10.5.0.2").answered == 3
    assert natto.stop().translated == 0


@pytest.fixture
def hosts(lab: Lab) -> TwoHosts:
    """A host on the link of one port; behind the other a gateway with a host."""
    world = lab.namespace("natto")
    a, b = lab.namespace("a"), lab.namespace("b")
    link(a, "eth0", world, "to-a")
    link(b, "eth0", world, "to-b")
    a.address("eth0", "10.8.0.10/24")
    a.route("default", "via", "10.8.0.1")
    b.address("lo", f"{B_REAL}/32")
    config = lab.write_config(
        [
            Port("a", "to-a", "10.8.0.1/24"),
            Port("b", "to-b", "10.9.0.1/24", GATEWAY),
        ],
        [
            Mapping("a", "a", "10.8.0.10", A_MAPPED),
            Mapping("b", "b", B_REAL, B_MAPPED),
        ],
    )
    return TwoHosts(lab.start_natto(config, world), a, b)


def gateway_appears(b: Namespace) -> None:
    b.address("eth0", f"{GATEWAY}/24")
    b.route(A_MAPPED, "via", "10.9.0.1", "src", B_REAL)


def test_r25_a_gateway_that_never_answers_is_counted(hosts) -> None:
    natto, a, _ = hosts
    pings = ping(a, B_MAPPED, patience_seconds=0.5)
    assert pings.answered == 0
    summary = natto.stop()
    assert summary.drops == {"next_hop_unresolved": pings.sent}
    assert summary.ports["b"]["received"] == 0


def test_r25_a_gateway_is_asked_for_once_a_second(hosts) -> None:
    _, a, b = hosts
    start = time.monotonic()
    with Wire(b, "eth0") as wire:
        for _ in range(4):
            # Traffic is no reason to ask more often.
            ping(a, B_MAPPED, count=1, patience_seconds=0.1)
            request = wire.receive()[ARP]
            assert (request.op, request.psrc) == (1, "10.9.0.1")
            assert request.pdst == GATEWAY
    assert time.monotonic() - start > 2.9


def test_a_gateway_that_appears_later_is_found(hosts) -> None:
    _, a, b = hosts
    pings = ping(a, B_MAPPED, count=1, patience_seconds=0.5)
    assert pings.answered == 0
    gateway_appears(b)
    assert until(lambda: ping(a, B_MAPPED, count=1).answered == 1)


def test_a_gateway_that_moves_to_another_mac_is_followed(hosts) -> None:
    natto, a, b = hosts
    gateway_appears(b)
    assert until(lambda: ping(a, B_MAPPED, count=1).answered == 1)
    b.run("ip", "link", "set", "dev", "eth0", "address", "02:00:00:00:0b:02")
    announce(b, "eth0", GATEWAY)
    assert until(lambda: ping(a, B_MAPPED, count=1).answered == 1)
    assert f"port 1 (realm b): the gateway {GATEWAY} changed its MAC address from" in natto.log()


def test_the_log_tells_whether_a_gateway_answers(hosts) -> None:
    natto, _, b = hosts
    who = f"port 1 (realm b): the gateway {GATEWAY}"
    assert until(lambda: f"{who} does not answer ARP" in natto.log()), natto.log()
    gateway_appears(b)
    assert until(lambda: f"{who} answers ARP, MAC " in natto.log()), natto.log()


def announce(host: Namespace, interface: str, address: str) -> None:
    """Send a gratuitous ARP."""
    with Wire(host, interface) as wire:
        wire.send(
            Ether(src=wire.mac, dst=BROADCAST)
            / ARP(op="who-has", hwsrc=wire.mac, psrc=address, pdst=address)
        )


def test_r25_the_first_packet_waits_for_arp(hosts) -> None:
    natto, _, b = hosts
    gateway_appears(b)
    assert ping(b, A_MAPPED, count=1).answered == 1
    assert natto.stop().drops == {}
