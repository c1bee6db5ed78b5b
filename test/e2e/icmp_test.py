"""ICMP errors: those of routers and hosts come through translated, and natto makes its own.

Behind each router and host stands a kernel, which believes an error only if the packet quoted in it
is exactly one of its own.
"""

import hashlib
import os
import socket
from dataclasses import replace

from lab import two_arm
from lab.command import CommandFailed
from lab.namespace import Namespace
from lab.traffic import tcp_transfer, udp_exchange
from lab.two_arm import A_MAPPED, B_MAPPED, NATTO_ADDRESS, REAL
from lab_test_case import LabTestCase

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


class IcmpErrors(LabTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.site = two_arm.build(self.lab)
        self.a, self.b = self.site.a.host, self.site.b.host
        config = self.lab.write_config(two_arm.PORTS, two_arm.MAPPINGS)
        self.natto = self.lab.start_natto(config, self.site.natto)

    def test_r14_r39_traceroute_shows_natto(self) -> None:
        # The first hop is A's router, the second natto.
        error = ping_error(self.a, B_MAPPED, "-t", "2")
        self.assertIn(f"From {NATTO_ADDRESS} icmp_seq=1 Time to live exceeded", error)
        self.assertEqual(self.natto.stop().drops, {"ttl_expired": 1})

    def test_r31_r32_traceroute_shows_what_is_behind_natto(self) -> None:
        # The third hop is B's router, which no mapping names: natto stands in for it.
        capture = self.lab.capture(self.b, "eth0")
        error = ping_error(self.a, B_MAPPED, "-t", "3")
        self.assertIn(f"From {NATTO_ADDRESS} icmp_seq=1 Time to live exceeded", error)
        capture.stop()
        self.assertEqual(capture.ip_pairs(), {})  # it has not reached the fourth, B's host
        summary = self.natto.stop()
        self.assertEqual(summary.drops, {})
        self.assertEqual(summary.translated, 2)  # the request and the error

    def test_r31_a_closed_port_is_reported_by_the_host_that_was_asked(self) -> None:
        for client, address in ((self.a, B_MAPPED), (self.b, A_MAPPED)):
            with client.entered():
                asker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            with asker:
                asker.settimeout(10)
                asker.connect((address, 9))
                asker.send(b"anybody there?")
                with self.assertRaises(ConnectionRefusedError):
                    asker.recv(100)

    def test_r31_path_mtu_discovery_works_through_natto(self) -> None:
        for interface, namespace in (("inside", self.site.b.router), ("eth0", self.b)):
            namespace.run("ip", "link", "set", "dev", interface, "mtu", str(SMALL_MTU))
        self.transfer_with_large_segments()
        self.assertIn(f"mtu {SMALL_MTU}", path_mtu(self.a, B_MAPPED))
        self.assertEqual(self.natto.stop().drops, {})

    def transfer_with_large_segments(self) -> None:
        """TCP that does not learn from the handshake how small its segments must be."""
        self.b.run("ip", "route", "change", "default", "via", "10.0.1.1", "advmss", "1460")
        data = os.urandom(500_000)
        transfer = tcp_transfer(self.a, self.b, (B_MAPPED, 5001), data)
        self.assertEqual(transfer.sha256, hashlib.sha256(data).hexdigest())

    def test_r24_a_sender_that_is_not_in_the_table_is_told(self) -> None:
        stranger = "10.0.1.11"
        self.a.address("eth0", f"{stranger}/24")
        error = ping_error(self.a, B_MAPPED, "-I", stranger)
        self.assertIn(f"From {NATTO_ADDRESS} icmp_seq=1 Packet filtered", error)


class SmallerPort(LabTestCase):
    """The link towards B takes shorter packets than the one towards A."""

    def setUp(self) -> None:
        super().setUp()
        self.site = two_arm.build(self.lab)
        self.a, self.b = self.site.a.host, self.site.b.host
        self.site.b.router.run("ip", "link", "set", "dev", "edge", "mtu", str(SMALL_MTU))
        to_a, to_b = two_arm.PORTS
        ports = [to_a, replace(to_b, mtu=SMALL_MTU)]
        config = self.lab.write_config(ports, two_arm.MAPPINGS)
        self.natto = self.lab.start_natto(config, self.site.natto)

    def test_r15_natto_says_how_long_a_packet_may_be(self) -> None:
        data = os.urandom(500_000)
        transfer = tcp_transfer(self.a, self.b, (B_MAPPED, 5001), data)
        self.assertEqual(transfer.sha256, hashlib.sha256(data).hexdigest())
        self.assertIn(f"mtu {SMALL_MTU}", path_mtu(self.a, B_MAPPED))
        self.assertEqual(self.natto.stop().drops.keys(), {"exceeds_mtu"})

    def test_r16_natto_fragments_what_may_be_fragmented(self) -> None:
        for host in (self.a, self.b):
            host.set("net/ipv4/ip_no_pmtu_disc", "1")  # it sends UDP without DF
        capture = self.lab.capture(self.b, "eth0")
        payloads = [os.urandom(length) for length in (1372, 1373, 1472)]
        talk = udp_exchange(self.a, self.b, (B_MAPPED, 53), payloads)
        capture.stop()
        self.assertEqual(talk.exchanged, len(payloads))
        self.assertEqual(capture.ip_pairs(), {(A_MAPPED, REAL): 5, (REAL, A_MAPPED): 3})
        summary = self.natto.stop()
        self.assertEqual((summary.fragmented, summary.fragments), (2, 4))
        self.assertEqual(summary.drops, {})
