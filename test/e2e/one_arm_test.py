"""Two companies behind natto's one port: the case it was made for."""

import hashlib
import os

import pytest
from lab import real_case
from lab.capture import ETHERTYPE_ARP, ETHERTYPE_IPV4
from lab.namespace import Namespace
from lab.real_case import A_MAPPED, A_REAL, B_MAPPED, B_REAL, RealCase
from lab.traffic import ping, tcp_transfer, udp_exchange

PORT = 5001


@pytest.fixture
def directions(case: RealCase) -> list[tuple[Namespace, Namespace, str, str]]:
    """Client, server, and what each knows the other by."""
    return [
        (case.a, case.b, A_MAPPED, B_MAPPED),
        (case.b, case.a, B_MAPPED, A_MAPPED),
    ]


def test_pings_pass_both_ways(natto, directions) -> None:
    for client, _, _, server_address in directions:
        assert ping(client, server_address).answered == 3


def test_either_side_starts_tcp(natto, directions) -> None:
    data = os.urandom(5_000_000)
    for client, server, client_address, server_address in directions:
        transfer = tcp_transfer(client, server, (server_address, PORT), data)
        assert transfer.sha256 == hashlib.sha256(data).hexdigest()
        assert transfer.client_address == client_address


def test_r4_either_side_starts_udp(natto, directions) -> None:
    payloads = [os.urandom(length) for length in (0, 1, 2, 512, 1471, 1472)]
    for client, server, client_address, server_address in directions:
        for checksum in (True, False):
            talk = udp_exchange(client, server, (server_address, PORT), payloads, checksum=checksum)
            assert talk.exchanged == len(payloads)
            assert talk.client_address == client_address
            assert talk.server_address == server_address


def test_each_side_sees_only_the_mapped_address_of_the_other(lab, case, natto, directions) -> None:
    captures = [lab.capture(host, "eth0") for host in (case.a, case.b)]
    for client, server, _, server_address in directions:
        ping(client, server_address)
        tcp_transfer(client, server, (server_address, PORT), b"tcp" * 10_000)
        udp_exchange(client, server, (server_address, PORT), [b"udp"])
    for capture, own, other in zip(captures, (A_REAL, B_REAL), (B_MAPPED, A_MAPPED)):
        capture.stop()
        assert capture.ip_pairs().keys() == {(own, other), (other, own)}
        assert capture.ethertypes() <= {ETHERTYPE_IPV4, ETHERTYPE_ARP}


def test_good_traffic_is_not_dropped(natto, directions) -> None:
    for client, server, _, server_address in directions:
        ping(client, server_address)
        tcp_transfer(client, server, (server_address, PORT), b"tcp" * 10_000)
    summary = natto.stop()
    assert summary.drops == {}
    assert summary.translated > 2 * 2 * 3


def test_r24_a_sender_that_is_not_in_the_table_gets_nothing_through(lab, case, natto) -> None:
    other = "10.32.1.158"
    case.a.address("eth0", f"{other}/24")
    capture = lab.capture(case.b, "eth0")
    pings = ping(case.a, B_MAPPED, "-I", other, patience_seconds=0.5)
    capture.stop()
    assert pings.answered == 0
    assert capture.ip_pairs() == {}
    assert natto.stop().drops == {"source_not_mapped": pings.sent}


def test_an_address_that_is_not_in_the_table_reaches_nobody(case, natto) -> None:
    nobody = "10.33.1.152"
    mac = case.natto.mac(real_case.NATTO_INTERFACE)
    case.router.run("ip", "neigh", "add", nobody, "lladdr", mac, "dev", "middle")
    pings = ping(case.a, nobody, patience_seconds=0.5)
    assert pings.answered == 0
    assert natto.stop().drops == {"destination_not_mapped": pings.sent}
