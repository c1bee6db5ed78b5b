"""The kernel of natto's machine, through natto: SSH, web servers and instance metadata."""

import hashlib
import socket
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from lab import real_case, web
from lab.appliance import Appliance
from lab.capture import ETHERTYPE_ARP, ethertype
from lab.lab import Lab
from lab.namespace import Namespace
from lab.numbered_stream import NumberedStream
from lab.real_case import (
    A_REAL,
    B_MAPPED,
    NATTO_ADDRESS,
    NATTO_INTERFACE,
    ROUTER_ADDRESS,
    RealCase,
)
from lab.traffic import ping
from lab.wire import Wire
from scapy.layers.l2 import ARP, Ether

INTERFACE = "natto0"
METADATA = "169.254.169.254"
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


@pytest.fixture
def case(case: RealCase) -> RealCase:
    # With a network card the kernel would have no eth0. Here it has, and shall not listen to it:
    # it has no way back there to anyone.
    case.natto.set(f"net/ipv4/conf/{NATTO_INTERFACE}/rp_filter", "1")
    case.natto.set("net/ipv6/conf/default/disable_ipv6", "0")
    return case


@pytest.fixture
def packets_per_second() -> int:
    return 100_000  # more than come


@pytest.fixture
def config(lab: Lab, packets_per_second: int) -> Path:
    port = replace(
        real_case.PORTS[0],
        kernel_interface=INTERFACE,
        kernel_packets_per_second=packets_per_second,
    )
    return lab.write_config([port], real_case.MAPPINGS)


def start(lab: Lab, case: RealCase, config: Path) -> Appliance:
    natto = lab.start_natto(config, case.natto)
    case.natto.route("default", "via", ROUTER_ADDRESS, "dev", INTERFACE)
    return natto


@pytest.fixture
def natto(lab: Lab, case: RealCase, config: Path) -> Appliance:
    return start(lab, case, config)


def translated_stream(case: RealCase) -> NumberedStream:
    """Traffic that natto translates meanwhile."""
    return NumberedStream(case.a, case.b, (B_MAPPED, PORT), per_second=2000)


def check_stream(stream: NumberedStream) -> None:
    assert stream.lost == 0
    assert stream.in_order_and_once


def port_of(natto: Appliance) -> dict[str, int | str]:
    return natto.ask("ports")["ports"][0]


def test_r40_ssh_while_traffic_is_translated(case, natto, random_file, ssh_server) -> None:
    file, digest = random_file
    ssh = ssh_server(case.natto)
    with translated_stream(case) as stream:
        seen = ssh.log_in(case.a, NATTO_ADDRESS, "echo $SSH_CLIENT")
        assert seen.split()[0] == A_REAL
        ssh.send(case.a, file, NATTO_ADDRESS)
    copy = (ssh.home / file.name).read_bytes()
    assert hashlib.sha256(copy).hexdigest() == digest
    check_stream(stream)
    port = port_of(natto)
    assert port["kernel_interface"] == INTERFACE
    assert port["kernel_given"] > file.stat().st_size // 1500
    assert port["kernel_taken"] > 10
    assert natto.stop().drops == {}


def test_r40_http_both_ways(case, natto, random_file) -> None:
    file, digest = random_file
    ways = (
        (case.natto, case.a, NATTO_ADDRESS),
        (case.a, case.natto, A_REAL),
    )
    for server, client, address in ways:
        with web.serving(server, file.parent):
            body = web.get(client, address, f"/{file.name}")
        assert hashlib.sha256(body).hexdigest() == digest
    assert natto.stop().drops == {}


def test_r21_r40_instance_metadata(case, natto, random_file) -> None:
    file, digest = random_file
    case.router.address("middle", f"{METADATA}/32")
    case.natto.route(METADATA, "dev", INTERFACE)
    with web.serving(case.router, file.parent):
        body = web.get(case.natto, METADATA, f"/{file.name}")
    assert hashlib.sha256(body).hexdigest() == digest
    assert natto.stop().drops == {}


def test_r39_pings_are_still_nattos_business(case, natto) -> None:
    assert ping(case.a, NATTO_ADDRESS).answered == 3
    assert ping(case.natto, ROUTER_ADDRESS).answered == 3
    # The kernel got three answers and some of ARP, but not the three requests.
    assert port_of(natto)["kernel_given"] < 3 + 3


def test_r40_the_interface_is_as_the_port_and_quiet(lab, case, config) -> None:
    capture = lab.capture(case.router, "middle")
    natto = start(lab, case, config)
    mac = case.natto.mac(INTERFACE)
    assert mac == case.natto.mac(NATTO_INTERFACE)
    shown = case.natto.run("ip", "address", "show", "dev", INTERFACE)
    assert f"inet {NATTO_ADDRESS}/28" in shown
    assert "mtu 1500" in shown
    assert "inet6" not in shown
    # What this machine says on the interface that is not for one host is not sent.
    with case.natto.entered(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as chatter:
        chatter.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        for address in ("224.0.0.251", "10.33.1.127", "255.255.255.255"):
            chatter.sendto(b"hello", (address, DISCARD))
    wait_until_refused(natto, 3)
    capture.stop()
    assert capture.ip_pairs() == {}


def wait_until_refused(natto: Appliance, count: int) -> None:
    deadline = time.monotonic() + 5
    while port_of(natto)["kernel_refused"] < count and time.monotonic() < deadline:
        time.sleep(0.01)
    assert port_of(natto)["kernel_refused"] == count


def test_r40_it_goes_with_natto(lab, case, config) -> None:
    for end in (Appliance.stop, Appliance.kill):
        natto = start(lab, case, config)
        assert INTERFACE in interfaces(case)
        end(natto)
        natto.ended = True
        assert INTERFACE not in interfaces(case)


def interfaces(case: RealCase) -> str:
    return case.natto.run("ip", "-brief", "link")


def test_r40_a_name_that_is_taken_is_said(lab, case, config) -> None:
    case.natto.run("ip", "tuntap", "add", "dev", INTERFACE, "mode", "tap")
    natto = lab.launch_natto(config, case.natto)
    assert natto.wait() == 3
    assert f"kernel_interface {INTERFACE}: cannot create it" in natto.log()
    assert "choose another kernel_interface" in natto.log()


@pytest.mark.parametrize("packets_per_second", [1_000])
def test_r40_a_flood_costs_translated_traffic_and_arp_nothing(lab, case, natto) -> None:
    capture = lab.capture(case.router, "middle", room=1 << 17)
    flood = Flood(case.b, (NATTO_ADDRESS, DISCARD), per_second=20_000)
    with translated_stream(case) as stream, flood, Wire(case.router, "middle") as wire:
        question = Ether(src=wire.mac, dst=BROADCAST) / ARP(
            op="who-has", hwsrc=wire.mac, psrc=ROUTER_ADDRESS, pdst=NATTO_ADDRESS
        )
        for _ in range(QUESTIONS):
            wire.send(question)
            time.sleep(0.01)
    capture.stop()
    check_stream(stream)
    answers = [ARP(f[14:]) for f in capture.frames if ethertype(f) == ETHERTYPE_ARP]
    answered = sum((a.op, a.psrc) == (IS_AT, NATTO_ADDRESS) for a in answers)
    assert answered >= QUESTIONS
    given = port_of(natto)["kernel_given"]
    drops = natto.stop().drops
    assert drops.keys() == {"kernel_rate_exceeded"}
    assert drops["kernel_rate_exceeded"] > flood.sent // 2
    assert given < 5_000
