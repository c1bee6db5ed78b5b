"""The kernel of natto's machine, through natto: SSH, web servers and instance metadata."""

import hashlib
import os
import socket
import threading
import time
import unittest
from dataclasses import replace
from pathlib import Path

from lab import real_case, web
from lab.capture import ETHERTYPE_ARP, ethertype
from lab.namespace import Namespace
from lab.numbered_stream import NumberedStream
from lab.real_case import A_REAL, B_MAPPED, NATTO_ADDRESS, NATTO_INTERFACE, ROUTER_ADDRESS
from lab.ssh import SshServer
from lab.traffic import ping
from lab.wire import Wire
from lab_test_case import LabTestCase
from scapy.layers.l2 import ARP, Ether

INTERFACE = "natto0"
METADATA = "169.254.169.254"
FILE_BYTES = 3_000_000
PORT = 5001
DISCARD = 9
QUESTIONS = 100
IS_AT = 2
BROADCAST = "ff:ff:ff:ff:ff:ff"


class Flood:
    """Datagrams from a host to an address, so many a second, in a `with` statement."""

    def __init__(self, source: Namespace, address: tuple[str, int], per_second: int) -> None:
        with source.entered():
            self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._address = address
        self._per_tick = per_second // 100
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._send)
        self.sent = 0

    def __enter__(self) -> "Flood":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._socket.close()

    def _send(self) -> None:
        while not self._stop.wait(0.01):
            for _ in range(self._per_tick):
                try:
                    self._socket.sendto(b"flood", self._address)
                except ConnectionRefusedError:
                    continue  # the kernel behind natto says so
                self.sent += 1


class KernelInterfaceTestCase(LabTestCase):
    packets_per_second: int

    def setUp(self) -> None:
        super().setUp()
        self.case = real_case.build(self.lab)
        # With a network card the kernel would have no eth0. Here it has, and shall not listen to it:
        # it has no way back there to anyone.
        self.case.natto.set(f"net/ipv4/conf/{NATTO_INTERFACE}/rp_filter", "1")
        self.case.natto.set("net/ipv6/conf/default/disable_ipv6", "0")
        self.ports = [
            replace(
                real_case.PORTS[0],
                kernel_interface=INTERFACE,
                kernel_packets_per_second=self.packets_per_second,
            )
        ]
        self.config = self.lab.write_config(self.ports, real_case.MAPPINGS)

    def start(self) -> None:
        self.natto = self.lab.start_natto(self.config, self.case.natto)
        self.case.natto.route("default", "via", ROUTER_ADDRESS, "dev", INTERFACE)

    def stream(self) -> NumberedStream:
        """Traffic that natto translates meanwhile."""
        return NumberedStream(self.case.a, self.case.b, (B_MAPPED, PORT), per_second=2000)

    def check_stream(self, stream: NumberedStream) -> None:
        self.assertEqual(stream.lost, 0)
        self.assertTrue(stream.in_order_and_once)

    def port(self) -> dict[str, int | str]:
        return self.natto.ask("/natto/ports")["0"]

    def random_file(self) -> tuple[Path, str]:
        """A file in a directory of its own, and its digest."""
        directory = self.lab.file("public")
        directory.mkdir()
        file = directory / "file"
        file.write_bytes(os.urandom(FILE_BYTES))
        return file, hashlib.sha256(file.read_bytes()).hexdigest()


class KernelInterface(KernelInterfaceTestCase):
    packets_per_second = 100_000  # more than come

    @unittest.skipIf(
        Path("/proc/self/setgroups").read_text().strip() == "deny",
        "an SSH server needs to be root, or a user, of the machine's own",
    )
    def test_r40_ssh_while_traffic_is_translated(self) -> None:
        self.start()
        file, digest = self.random_file()
        ssh = SshServer(self.lab, self.case.natto)
        with self.stream() as stream:
            seen = ssh.log_in(self.case.a, NATTO_ADDRESS, "echo $SSH_CLIENT")
            self.assertEqual(seen.split()[0], A_REAL)
            ssh.send(self.case.a, file, NATTO_ADDRESS)
        copy = (ssh.home / file.name).read_bytes()
        self.assertEqual(hashlib.sha256(copy).hexdigest(), digest)
        self.check_stream(stream)
        port = self.port()
        self.assertEqual(port["kernel_interface"], INTERFACE)
        self.assertGreater(port["kernel_given"], FILE_BYTES // 1500)
        self.assertGreater(port["kernel_taken"], 10)
        self.assertEqual(self.natto.stop().drops, {})

    def test_r40_http_both_ways(self) -> None:
        self.start()
        file, digest = self.random_file()
        ways = (
            (self.case.natto, self.case.a, NATTO_ADDRESS),
            (self.case.a, self.case.natto, A_REAL),
        )
        for server, client, address in ways:
            with web.serving(server, file.parent):
                body = web.get(client, address, f"/{file.name}")
            self.assertEqual(hashlib.sha256(body).hexdigest(), digest)
        self.assertEqual(self.natto.stop().drops, {})

    def test_r21_r40_instance_metadata(self) -> None:
        self.start()
        file, digest = self.random_file()
        self.case.router.address("middle", f"{METADATA}/32")
        self.case.natto.route(METADATA, "dev", INTERFACE)
        with web.serving(self.case.router, file.parent):
            body = web.get(self.case.natto, METADATA, f"/{file.name}")
        self.assertEqual(hashlib.sha256(body).hexdigest(), digest)
        self.assertEqual(self.natto.stop().drops, {})

    def test_r39_pings_are_still_nattos_business(self) -> None:
        self.start()
        self.assertEqual(ping(self.case.a, NATTO_ADDRESS).answered, 3)
        self.assertEqual(ping(self.case.natto, ROUTER_ADDRESS).answered, 3)
        # The kernel got three answers and some of ARP, but not the three requests.
        self.assertLess(self.port()["kernel_given"], 3 + 3)

    def test_r40_the_interface_is_as_the_port_and_quiet(self) -> None:
        capture = self.lab.capture(self.case.router, "middle")
        self.start()
        mac = self.case.natto.mac(INTERFACE)
        self.assertEqual(mac, self.case.natto.mac(NATTO_INTERFACE))
        shown = self.case.natto.run("ip", "address", "show", "dev", INTERFACE)
        self.assertIn(f"inet {NATTO_ADDRESS}/28", shown)
        self.assertIn("mtu 1500", shown)
        self.assertNotIn("inet6", shown)
        # What this machine says on the interface that is not for one host is not sent.
        with self.case.natto.entered(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as chatter:
            chatter.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            for address in ("224.0.0.251", "10.33.1.127", "255.255.255.255"):
                chatter.sendto(b"hello", (address, DISCARD))
        self.wait_until_refused(3)
        capture.stop()
        self.assertEqual(capture.ip_pairs(), {})

    def wait_until_refused(self, count: int) -> None:
        deadline = time.monotonic() + 5
        while self.port()["kernel_refused"] < count and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertEqual(self.port()["kernel_refused"], count)

    def test_r40_it_goes_with_natto(self) -> None:
        for end in (lambda: self.natto.stop(), lambda: self.natto.kill()):
            self.start()
            self.assertIn(INTERFACE, self.interfaces())
            end()
            self.natto.ended = True
            self.assertNotIn(INTERFACE, self.interfaces())

    def interfaces(self) -> str:
        return self.case.natto.run("ip", "-brief", "link")

    def test_r40_a_name_that_is_taken_is_said(self) -> None:
        self.case.natto.run("ip", "tuntap", "add", "dev", INTERFACE, "mode", "tap")
        natto = self.lab.launch_natto(self.config, self.case.natto)
        self.assertEqual(natto.wait(), 3)
        self.assertIn(f"kernel_interface {INTERFACE}: cannot create it", natto.log())
        self.assertIn("choose another kernel_interface", natto.log())


class FloodToTheKernel(KernelInterfaceTestCase):
    packets_per_second = 1_000

    def test_r40_a_flood_costs_translated_traffic_and_arp_nothing(self) -> None:
        self.start()
        capture = self.lab.capture(self.case.router, "middle", room=1 << 17)
        flood = Flood(self.case.b, (NATTO_ADDRESS, DISCARD), per_second=20_000)
        with self.stream() as stream, flood, Wire(self.case.router, "middle") as wire:
            question = Ether(src=wire.mac, dst=BROADCAST) / ARP(
                op="who-has", hwsrc=wire.mac, psrc=ROUTER_ADDRESS, pdst=NATTO_ADDRESS
            )
            for _ in range(QUESTIONS):
                wire.send(question)
                time.sleep(0.01)
        capture.stop()
        self.check_stream(stream)
        answers = [ARP(f[14:]) for f in capture.frames if ethertype(f) == ETHERTYPE_ARP]
        answered = sum((a.op, a.psrc) == (IS_AT, NATTO_ADDRESS) for a in answers)
        self.assertGreaterEqual(answered, QUESTIONS)
        given = self.port()["kernel_given"]
        drops = self.natto.stop().drops
        self.assertEqual(drops.keys(), {"kernel_rate_exceeded"})
        self.assertGreater(drops["kernel_rate_exceeded"], flood.sent // 2)
        self.assertLess(given, 5_000)
