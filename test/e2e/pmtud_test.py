"""Path MTU discovery with a narrow link on either side: it needs every ICMP error to be right.

Hosts and their links take 1500 bytes, so that TCP's handshake tells nothing of the narrow link.
"""

import hashlib
import os
import socket
import time
from dataclasses import replace

from companies_test_case import CompaniesTestCase
from lab import companies
from lab.companies import Company
from lab.route import learned_mtu, tracepath
from lab.traffic import PATIENCE_SECONDS, connect, listen, tcp_transfer

NARROW, NARROWER = 1400, 1300
PORT = 5001
TRANSFER_BYTES = 3_000_000
TCP_INFO_TIMEOUTS = 2  # offset of tcpi_retransmits: timeouts in a row


def random_text(length: int) -> bytes:
    """Hexadecimal digits: errors that quote them cannot mention an address by chance."""
    return os.urandom(length // 2).hex().encode()


class PathMtuTestCase(CompaniesTestCase):
    def setUp(self) -> None:
        super().setUp()
        for company in (self.a, self.b):
            company.host.set("net/ipv4/tcp_mtu_probing", "0")  # it relies on ICMP alone

    def narrow_port(self, company: Company) -> None:
        """Let nothing longer than NARROW pass between natto and a company."""
        company.edge.run("ip", "link", "set", "dev", "eth0", "mtu", str(NARROW))
        ports = self.site.ports
        ports[:] = [replace(p, mtu=NARROW) if p.realm == company.host.name else p for p in ports]

    def check_transfer(self, client: Company, server: Company, mtu: int) -> None:
        """TCP arrives whole, at the price that the client has learned `mtu`."""
        data = random_text(TRANSFER_BYTES)
        address = (server.mapped, PORT)
        transfer = tcp_transfer(client.host, server.host, address, data)
        self.assertEqual(transfer.sha256, hashlib.sha256(data).hexdigest())
        self.assertEqual(learned_mtu(client.host, server.mapped), mtu)

    def check_tracepath(self, client: Company, server: Company, mtu: int) -> None:
        """natto's address is the one that announces `mtu`."""
        path = tracepath(client.host, server.mapped)
        self.assertEqual((path.mtu, path.announced_by, path.reached), (mtu, client.natto, True))
        self.assertEqual(learned_mtu(client.host, server.mapped), mtu)


class NarrowLink(PathMtuTestCase):
    """Between the routers of one company, and then, narrower, of the other."""

    def test_r31_tcp_learns_the_mtu_of_the_other_company(self) -> None:
        self.start_natto()
        self.b.narrow(NARROW)
        self.check_transfer(self.a, self.b, NARROW)
        self.a.narrow(NARROWER)
        self.check_transfer(self.b, self.a, NARROWER)
        self.assertEqual(self.natto.stop().drops, {})

    def test_r31_tracepath_shows_the_mtu_of_the_other_company(self) -> None:
        self.start_natto()
        self.b.narrow(NARROW)
        self.check_tracepath(self.a, self.b, NARROW)
        self.a.narrow(NARROWER)
        self.check_tracepath(self.b, self.a, NARROWER)

    def test_r31_tcp_learns_the_mtu_of_the_own_company(self) -> None:
        self.start_natto()
        self.a.narrow(NARROW)
        self.check_transfer(self.a, self.b, NARROW)
        self.b.narrow(NARROWER)
        self.check_transfer(self.b, self.a, NARROWER)
        self.assertEqual(self.natto.stop().drops, {})


class NarrowLinkBehindOnePort(NarrowLink):
    build = staticmethod(companies.one_arm)


class NarrowPort(PathMtuTestCase):
    """natto's own port towards the server, and the link there, take less than all others."""

    def setUp(self) -> None:
        super().setUp()
        self.client, self.server = self.ends()
        self.narrow_port(self.server)
        self.start_natto()

    def ends(self) -> tuple[Company, Company]:
        return self.a, self.b

    def test_r15_tcp_learns_the_mtu_of_nattos_port(self) -> None:
        self.check_transfer(self.client, self.server, NARROW)
        self.assertEqual(self.natto.stop().drops.keys(), {"exceeds_mtu"})

    def test_r15_tracepath_shows_the_mtu_of_nattos_port(self) -> None:
        self.check_tracepath(self.client, self.server, NARROW)


class NarrowPortTowardsA(NarrowPort):
    def ends(self) -> tuple[Company, Company]:
        return self.b, self.a


class WithoutErrors(PathMtuTestCase):
    """The proof that TCP would not pass by itself: without the error it hangs."""

    def check_hangs_until_told(self) -> None:
        """Nothing arrives in spite of retransmissions; everything, once the sender knows."""
        data = random_text(6000)
        with (
            listen(self.b.host, PORT) as listener,
            connect(self.a.host, (self.b.mapped, PORT)) as sender,
        ):
            receiver, _ = listener.accept()
            with receiver:
                sender.sendall(data)
                self.wait_for_timeouts(sender)
                self.assertIsNone(learned_mtu(self.a.host, self.b.mapped))
                with self.assertRaises(BlockingIOError):
                    receiver.recv(1, socket.MSG_DONTWAIT)
                gateway = self.a.hops[0]
                self.a.host.route(self.b.mapped, "via", gateway, "mtu", str(NARROW))
                sender.shutdown(socket.SHUT_WR)
                receiver.settimeout(PATIENCE_SECONDS)
                with receiver.makefile("rb") as stream:
                    self.assertEqual(stream.read(), data)

    def wait_for_timeouts(self, sender: socket.socket) -> None:
        """Until TCP has given up waiting for an acknowledgement twice."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while sender.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 8)[TCP_INFO_TIMEOUTS] < 2:
            self.assertLess(time.monotonic(), deadline, "TCP does not retransmit")
            time.sleep(0.01)

    def test_r32_tcp_hangs_without_the_errors_of_routers(self) -> None:
        self.b.narrow(NARROW)
        self.start_natto(outer_source="drop")
        self.check_hangs_until_told()
        self.assertEqual(self.natto.stop().drops.keys(), {"icmp_error_source_not_mapped"})

    def test_r15_tcp_hangs_without_nattos_own_errors(self) -> None:
        self.narrow_port(self.b)
        self.start_natto(errors_per_second=0)
        self.check_hangs_until_told()
        self.assertEqual(self.natto.stop().drops.keys(), {"exceeds_mtu"})
