"""Path MTU discovery with a narrow link on either side: it needs every ICMP error to be right.

Hosts and their links take 1500 bytes, so that TCP's handshake tells nothing of the narrow link.
"""

import hashlib
import os
import socket
import time
from dataclasses import replace

import pytest
from lab import companies
from lab.companies import Company, Site
from lab.route import learned_mtu, tracepath
from lab.traffic import PATIENCE_SECONDS, connect, listen, tcp_transfer

NARROW, NARROWER = 1400, 1300
PORT = 5001
TRANSFER_BYTES = 3_000_000
TCP_INFO_TIMEOUTS = 2  # offset of tcpi_retransmits: timeouts in a row


def random_text(length: int) -> bytes:
    """Hexadecimal digits: errors that quote them cannot mention an address by chance."""
    return os.urandom(length // 2).hex().encode()


@pytest.fixture(autouse=True)
def rely_on_icmp(site: Site) -> None:
    """TCP relies on it alone."""
    for company in (site.a, site.b):
        company.host.set("net/ipv4/tcp_mtu_probing", "0")


def narrow_port(site: Site, company: Company) -> None:
    """Let nothing longer than NARROW pass between natto and a company."""
    company.edge.run("ip", "link", "set", "dev", "eth0", "mtu", str(NARROW))
    ports = site.ports
    ports[:] = [replace(p, mtu=NARROW) if p.realm == company.host.name else p for p in ports]


def check_transfer(client: Company, server: Company, mtu: int | None) -> None:
    """TCP arrives whole, at the price that the client has learned `mtu`; None: at no price."""
    data = random_text(TRANSFER_BYTES)
    address = (server.mapped, PORT)
    transfer = tcp_transfer(client.host, server.host, address, data)
    assert transfer.sha256 == hashlib.sha256(data).hexdigest()
    assert learned_mtu(client.host, server.mapped) == mtu


def check_tracepath(client: Company, server: Company, mtu: int) -> None:
    """natto's address is the one that announces `mtu`."""
    path = tracepath(client.host, server.mapped)
    assert (path.mtu, path.announced_by, path.reached) == (mtu, client.natto, True)
    assert learned_mtu(client.host, server.mapped) == mtu


# A narrow link between the routers of one company, and then, narrower, of the other.

in_either_topology = pytest.mark.parametrize("topology", [companies.two_arm, companies.one_arm])


@in_either_topology
def test_r31_tcp_learns_the_mtu_of_the_other_company(lab, site) -> None:
    natto = site.start_natto(lab)
    site.b.narrow(NARROW)
    check_transfer(site.a, site.b, NARROW)
    site.a.narrow(NARROWER)
    check_transfer(site.b, site.a, NARROWER)
    assert natto.stop().drops == {}


@in_either_topology
def test_r31_tracepath_shows_the_mtu_of_the_other_company(lab, site) -> None:
    site.start_natto(lab)
    site.b.narrow(NARROW)
    check_tracepath(site.a, site.b, NARROW)
    site.a.narrow(NARROWER)
    check_tracepath(site.b, site.a, NARROWER)


@in_either_topology
def test_r31_tcp_learns_the_mtu_of_the_own_company(lab, site) -> None:
    natto = site.start_natto(lab)
    site.a.narrow(NARROW)
    check_transfer(site.a, site.b, NARROW)
    site.b.narrow(NARROWER)
    check_transfer(site.b, site.a, NARROWER)
    assert natto.stop().drops == {}


# natto's own port towards the server, and the link there, take less than all others.

towards_either = pytest.mark.parametrize("towards", ["a", "b"])


def ends(site: Site, towards: str) -> tuple[Company, Company]:
    """Client and server, which `towards` names."""
    return (site.a, site.b) if towards == "b" else (site.b, site.a)


@towards_either
def test_r15_tcp_learns_the_mtu_of_nattos_port(lab, site, towards) -> None:
    client, server = ends(site, towards)
    narrow_port(site, server)
    natto = site.start_natto(lab)
    check_transfer(client, server, NARROW)
    assert natto.stop().drops.keys() == {"exceeds_mtu"}


@towards_either
def test_r41_tcp_meets_no_narrow_port_where_the_mss_is_clamped(lab, site, towards) -> None:
    client, server = ends(site, towards)
    narrow_port(site, server)
    site.ports[0] = replace(site.ports[0], tcp_mss_clamp="auto")
    natto = site.start_natto(lab)
    check_transfer(client, server, None)
    assert natto.stop().drops == {}


@towards_either
def test_r15_tracepath_shows_the_mtu_of_nattos_port(lab, site, towards) -> None:
    client, server = ends(site, towards)
    narrow_port(site, server)
    site.start_natto(lab)
    check_tracepath(client, server, NARROW)


# The proof that TCP would not pass by itself: without the error it hangs.


def check_hangs_until_told(a: Company, b: Company) -> None:
    """Nothing arrives in spite of retransmissions; everything, once the sender knows."""
    data = random_text(6000)
    with (
        listen(b.host, PORT) as listener,
        connect(a.host, (b.mapped, PORT)) as sender,
    ):
        receiver, _ = listener.accept()
        with receiver:
            sender.sendall(data)
            wait_for_timeouts(sender)
            assert learned_mtu(a.host, b.mapped) is None
            with pytest.raises(BlockingIOError):
                receiver.recv(1, socket.MSG_DONTWAIT)
            gateway = a.hops[0]
            a.host.route(b.mapped, "via", gateway, "mtu", str(NARROW))
            sender.shutdown(socket.SHUT_WR)
            receiver.settimeout(PATIENCE_SECONDS)
            with receiver.makefile("rb") as stream:
                assert stream.read() == data


def wait_for_timeouts(sender: socket.socket) -> None:
    """Until TCP has given up waiting for an acknowledgement twice."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while sender.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 8)[TCP_INFO_TIMEOUTS] < 2:
        assert time.monotonic() < deadline, "TCP does not retransmit"
        time.sleep(0.01)


def test_r32_tcp_hangs_without_the_errors_of_routers(lab, site) -> None:
    site.b.narrow(NARROW)
    natto = site.start_natto(lab, outer_source="drop")
    check_hangs_until_told(site.a, site.b)
    assert natto.stop().drops.keys() == {"icmp_error_source_not_mapped"}


def test_r15_tcp_hangs_without_nattos_own_errors(lab, site) -> None:
    narrow_port(site, site.b)
    natto = site.start_natto(lab, errors_per_second=0)
    check_hangs_until_told(site.a, site.b)
    assert natto.stop().drops.keys() == {"exceeds_mtu"}
