"""A port for each company: equal real addresses, gateways, whole prefixes."""

import hashlib
import os

import pytest
from lab import two_arm
from lab.appliance import Appliance
from lab.lab import Lab
from lab.namespace import Namespace
from lab.traffic import ping, tcp_transfer, udp_exchange
from lab.two_arm import A_MAPPED, B_MAPPED, REAL, TwoArm

PORT = 5001
# Hosts of the offices, the first and the last among them, and their address for the other side.
A_OFFICE_HOSTS = {
    "10.0.16.0": "100.64.16.0",
    "10.0.23.77": "100.64.23.77",
    "10.0.31.255": "100.64.31.255",
}
B_OFFICE_HOSTS = {
    "10.0.16.0": "100.64.32.0",
    "10.0.23.77": "100.64.39.77",
    "10.0.31.255": "100.64.47.255",
}


@pytest.fixture
def site(lab: Lab) -> TwoArm:
    return two_arm.build(lab)


@pytest.fixture
def natto(lab: Lab, site: TwoArm) -> Appliance:
    return lab.start_natto(lab.write_config(two_arm.PORTS, two_arm.MAPPINGS), site.natto)


@pytest.fixture
def directions(site: TwoArm) -> list[tuple[Namespace, Namespace, str, str]]:
    """Client, server, and what each knows the other by."""
    return [
        (site.a.host, site.b.host, A_MAPPED, B_MAPPED),
        (site.b.host, site.a.host, B_MAPPED, A_MAPPED),
    ]


def test_r1_hosts_with_the_same_address_ping_each_other(natto, directions) -> None:
    for client, _, _, server_address in directions:
        assert ping(client, server_address).answered == 3


def test_r1_hosts_with_the_same_address_talk_tcp_and_udp(natto, directions) -> None:
    data = os.urandom(2_000_000)
    for client, server, client_address, server_address in directions:
        transfer = tcp_transfer(client, server, (server_address, PORT), data)
        assert transfer.sha256 == hashlib.sha256(data).hexdigest()
        assert transfer.client_address == client_address
        talk = udp_exchange(client, server, (server_address, PORT), [b"", b"x" * 1472])
        assert talk.exchanged == 2
        assert talk.client_address == client_address


def test_each_side_sees_only_the_mapped_address_of_the_other(lab, natto, directions) -> None:
    captures = [lab.capture(client, "eth0") for client, *_ in directions]
    for client, _, _, server_address in directions:
        ping(client, server_address)
    for capture, other in zip(captures, (B_MAPPED, A_MAPPED)):
        capture.stop()
        assert capture.ip_pairs().keys() == {(REAL, other), (other, REAL)}


def test_r1_a_prefix_maps_host_by_host(lab, natto, site) -> None:
    a, b = site.a.host, site.b.host
    for host, addresses in ((a, A_OFFICE_HOSTS), (b, B_OFFICE_HOSTS)):
        host.address("lo", *(f"{real}/32" for real in addresses))
    capture = lab.capture(b, "eth0")
    for (a_real, a_mapped), (b_real, b_mapped) in zip(
        A_OFFICE_HOSTS.items(), B_OFFICE_HOSTS.items()
    ):
        assert ping(a, b_mapped, "-I", a_real, count=1).answered == 1
        assert ping(b, a_mapped, "-I", b_real, count=1).answered == 1
        transfer = tcp_transfer(a, b, (b_mapped, PORT), b"prefix" * 1000, source=a_real)
        assert transfer.client_address == a_mapped
    capture.stop()
    expected = set()
    for a_mapped, b_real in zip(A_OFFICE_HOSTS.values(), B_OFFICE_HOSTS):
        expected |= {(a_mapped, b_real), (b_real, a_mapped)}
    assert capture.ip_pairs().keys() == expected


def test_addresses_beside_the_prefix_do_not_pass(natto, site) -> None:
    a = site.a.host
    sources = ("10.0.15.255", "10.0.32.0")
    destinations = ("100.64.15.255", "100.64.48.0")
    a.address("lo", *(f"{source}/32" for source in sources))
    for source in sources:
        pings = ping(a, B_MAPPED, "-I", source, count=1, patience_seconds=0.5)
        assert pings.answered == 0
    for destination in destinations:
        pings = ping(a, destination, count=1, patience_seconds=0.5)
        assert pings.answered == 0
    drops = natto.stop().drops
    assert drops == {"source_not_mapped": 2, "destination_not_mapped": 2}


def test_every_packet_is_counted(natto, directions) -> None:
    for client, _, _, server_address in directions:
        ping(client, server_address, count=5)
    summary = natto.stop()
    assert summary.translated == 2 * 2 * 5
    assert summary.drops == {}
