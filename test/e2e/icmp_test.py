"""ICMP errors: those of routers and hosts come through translated, and natto makes its own.

Behind each router and host stands a kernel, which believes an error only if the packet quoted in it
is exactly one of its own.
"""

import hashlib
import os
import socket
from dataclasses import replace

import pytest
from lab import two_arm
from lab.appliance import Appliance
from lab.command import CommandFailed
from lab.lab import Lab
from lab.namespace import Namespace
from lab.traffic import tcp_transfer, udp_exchange
from lab.two_arm import A_MAPPED, B_MAPPED, NATTO_ADDRESS, REAL, TwoArm

SMALL_MTU = 1400


def ping_error(source: Namespace, destination: str, *options: str) -> str:
    """What `ping` prints about the error that answers its request."""
    try:
        return source.run("ping", "-n", "-c", "1", "-W", "2", *options, destination)
    except CommandFailed as failure:
        return str(failure)


def path_mtu(host: Namespace, destination: str) -> str:
    """What a host has learned about the way to an address."""
    return host.run("ip", "route", "get", destination)


@pytest.fixture
def site(lab: Lab) -> TwoArm:
    return two_arm.build(lab)


@pytest.fixture
def a(site: TwoArm) -> Namespace:
    return site.a.host


@pytest.fixture
def b(site: TwoArm) -> Namespace:
    return site.b.host


@pytest.fixture
def natto(lab: Lab, site: TwoArm) -> Appliance:
    return lab.start_natto(lab.write_config(two_arm.PORTS, two_arm.MAPPINGS), site.natto)


def test_r14_r39_traceroute_shows_natto(natto, a) -> None:
    # The first hop is A's router, the second natto.
    error = ping_error(a, B_MAPPED, "-t", "2")
    assert f"From {NATTO_ADDRESS} icmp_seq=1 Time to live exceeded" in error
    assert natto.stop().drops == {"ttl_expired": 1}


def test_r31_r32_traceroute_shows_what_is_behind_natto(lab, natto, a, b) -> None:
    # The third hop is B's router, which no mapping names: natto stands in for it.
    capture = lab.capture(b, "eth0")
    error = ping_error(a, B_MAPPED, "-t", "3")
    assert f"From {NATTO_ADDRESS} icmp_seq=1 Time to live exceeded" in error
    capture.stop()
    assert capture.ip_pairs() == {}  # it has not reached the fourth, B's host
    summary = natto.stop()
    assert summary.drops == {}
    assert summary.translated == 2  # the request and the error


def test_r31_a_closed_port_is_reported_by_the_host_that_was_asked(natto, a, b) -> None:
    for client, address in ((a, B_MAPPED), (b, A_MAPPED)):
        with client.entered():
            asker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with asker:
            asker.settimeout(10)
            asker.connect((address, 9))
            asker.send(b"anybody there?")
            with pytest.raises(ConnectionRefusedError):
                asker.recv(100)


def test_r31_path_mtu_discovery_works_through_natto(site, natto, a, b) -> None:
    for interface, namespace in (("inside", site.b.router), ("eth0", b)):
        namespace.run("ip", "link", "set", "dev", interface, "mtu", str(SMALL_MTU))
    transfer_with_large_segments(a, b)
    assert f"mtu {SMALL_MTU}" in path_mtu(a, B_MAPPED)
    assert natto.stop().drops == {}


def transfer_with_large_segments(a: Namespace, b: Namespace) -> None:
    """TCP that does not learn from the handshake how small its segments must be."""
    b.run("ip", "route", "change", "default", "via", "10.0.1.1", "advmss", "1460")
    data = os.urandom(500_000)
    transfer = tcp_transfer(a, b, (B_MAPPED, 5001), data)
    assert transfer.sha256 == hashlib.sha256(data).hexdigest()


def test_r24_a_sender_that_is_not_in_the_table_is_told(natto, a) -> None:
    stranger = "10.0.1.11"
    a.address("eth0", f"{stranger}/24")
    error = ping_error(a, B_MAPPED, "-I", stranger)
    assert f"From {NATTO_ADDRESS} icmp_seq=1 Packet filtered" in error


@pytest.fixture
def natto_with_a_smaller_port(lab: Lab, site: TwoArm) -> Appliance:
    """The link towards B takes shorter packets than the one towards A."""
    site.b.router.run("ip", "link", "set", "dev", "edge", "mtu", str(SMALL_MTU))
    to_a, to_b = two_arm.PORTS
    ports = [to_a, replace(to_b, mtu=SMALL_MTU)]
    return lab.start_natto(lab.write_config(ports, two_arm.MAPPINGS), site.natto)


def test_r15_natto_says_how_long_a_packet_may_be(natto_with_a_smaller_port, a, b) -> None:
    data = os.urandom(500_000)
    transfer = tcp_transfer(a, b, (B_MAPPED, 5001), data)
    assert transfer.sha256 == hashlib.sha256(data).hexdigest()
    assert f"mtu {SMALL_MTU}" in path_mtu(a, B_MAPPED)
    assert natto_with_a_smaller_port.stop().drops.keys() == {"exceeds_mtu"}


def test_r16_natto_fragments_what_may_be_fragmented(lab, natto_with_a_smaller_port, a, b) -> None:
    for host in (a, b):
        host.set("net/ipv4/ip_no_pmtu_disc", "1")  # it sends UDP without DF
    capture = lab.capture(b, "eth0")
    payloads = [os.urandom(length) for length in (1372, 1373, 1472)]
    talk = udp_exchange(a, b, (B_MAPPED, 53), payloads)
    capture.stop()
    assert talk.exchanged == len(payloads)
    assert capture.ip_pairs() == {(A_MAPPED, REAL): 5, (REAL, A_MAPPED): 3}
    summary = natto_with_a_smaller_port.stop()
    assert (summary.fragmented, summary.fragments) == (2, 4)
    assert summary.drops == {}
