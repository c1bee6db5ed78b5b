"""Two hosts with one and the same address, each on a link of its own with natto, no router."""

import hashlib
import os

import pytest
from lab.lab import Lab
from lab.traffic import ping, tcp_transfer, udp_exchange
from lab.two_hosts import A_MAPPED, B_MAPPED, REAL, TwoHosts, overlapping_hosts


@pytest.fixture
def hosts(lab: Lab) -> TwoHosts:
    return overlapping_hosts(lab, lab.namespace("natto"))


def test_r1_all_traffic_passes_both_ways(hosts) -> None:
    natto, a, b = hosts
    data = os.urandom(2_000_000)
    for client, server, client_address, server_address in (
        (a, b, A_MAPPED, B_MAPPED),
        (b, a, B_MAPPED, A_MAPPED),
    ):
        assert ping(client, server_address).answered == 3
        transfer = tcp_transfer(client, server, (server_address, 80), data)
        assert transfer.sha256 == hashlib.sha256(data).hexdigest()
        assert transfer.client_address == client_address
        talk = udp_exchange(client, server, (server_address, 53), [b"question"])
        assert talk.exchanged == 1
    assert natto.stop().drops == {}


def test_each_side_sees_the_other_under_its_mapped_address(lab, hosts) -> None:
    _, a, b = hosts
    captures = [lab.capture(host, "eth0") for host in (a, b)]
    ping(a, B_MAPPED)
    for capture, other in zip(captures, (B_MAPPED, A_MAPPED)):
        capture.stop()
        assert capture.ip_pairs() == {(REAL, other): 3, (other, REAL): 3}


def test_r38_a_host_reaches_itself_through_its_own_mapped_address(lab, hosts) -> None:
    capture = lab.capture(hosts.a, "eth0")
    assert ping(hosts.a, A_MAPPED, count=1).answered == 1
    capture.stop()  # the request and the answer each pass twice
    assert capture.ip_pairs() == {(REAL, A_MAPPED): 2, (A_MAPPED, REAL): 2}
