"""natto capture: what it shows of packets between two hosts, and who reads what it writes."""

import json
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from lab.lab import Lab
from lab.process import Process
from lab.traffic import ping
from lab.two_hosts import A_MAPPED, B_MAPPED, REAL, TwoHosts, overlapping_hosts
from scapy.utils import RawPcapNgReader, RawPcapReader

UNMAPPED = "100.64.2.99"
ETHERNET_BYTES = 14


@pytest.fixture
def hosts(lab: Lab) -> TwoHosts:
    return overlapping_hosts(lab, lab.namespace("natto"))


@pytest.fixture
def capture(lab: Lab, binary: Path, hosts: TwoHosts) -> Iterator[Callable[..., Process]]:
    """capture("icmp", "-c", "1") is that command, which has begun."""
    started = []

    def start(*words: str) -> Process:
        process = Process([str(binary), "capture", *words], lab.file("capture"))
        started.append(process)
        process.wait_until_it_says("capturing")
        return process

    yield start
    for process in started:
        process.kill()


def frames(file: Path) -> list[bytes]:
    reader = RawPcapNgReader if file.suffix == ".pcapng" else RawPcapReader
    return [bytes(frame) for frame, _ in reader(str(file))]


def tcpdump(file: Path, *filter_words: str) -> list[str]:
    words = ["tcpdump", "-nr", str(file), *filter_words]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.splitlines()


def test_what_is_written_others_read_and_replay_repeats(lab, binary, hosts, capture) -> None:
    assert ping(hosts.a, B_MAPPED, count=1).answered == 1  # who their neighbours are is known
    file = lab.file("packets.pcapng")
    running = capture("-w", str(file), "-c", "6", "icmp", "and", "host", B_MAPPED)
    assert ping(hosts.a, B_MAPPED).answered == 3
    assert running.wait() == 0, running.errors()
    assert "6 packets captured\n" in running.errors()
    assert "not copied" not in running.errors()

    # Each packet twice: a request came from a, and left to b with both addresses replaced.
    requests = tcpdump(file, "icmp[0] == 8")
    assert len(requests) == 6
    assert f" IP {REAL} > {B_MAPPED}: ICMP echo request" in requests[0]
    assert f" IP {A_MAPPED} > {REAL}: ICMP echo request" in requests[1]
    assert len(tcpdump(file)) == 12

    out = {realm: lab.file(f"{realm}.pcap") for realm in "ab"}
    words = [binary, "replay", "-c", hosts.natto.config]
    for realm, left in out.items():
        words += ["--in", f"{realm}={file}", "--out", f"{realm}={left}"]
    subprocess.run(words, check=True, capture_output=True, timeout=60)
    captured = frames(file)
    came_from_a, left_to_b, came_from_b, left_to_a = (captured[i::4] for i in range(4))
    assert came_from_a[0][ETHERNET_BYTES + 12 :][:8] != left_to_b[0][ETHERNET_BYTES + 12 :][:8]
    for realm, expected in ("a", left_to_a), ("b", left_to_b):  # but for the made-up next hop
        replayed = [frame[ETHERNET_BYTES:] for frame in frames(out[realm])]
        assert replayed == [frame[ETHERNET_BYTES:] for frame in expected]


def test_a_lost_packet_is_found(hosts, capture) -> None:
    lines = capture("--drop", "destination_not_mapped", "-c", "1")
    assert ping(hosts.a, B_MAPPED, count=1).answered == 1
    assert ping(hosts.a, UNMAPPED, count=1, patience_seconds=0.1).answered == 0
    assert lines.wait() == 0, lines.errors()
    (line,) = lines.out_file.read_text().splitlines()
    assert re.fullmatch(
        rf"\d\d:\d\d:\d\d\.\d{{6}} a > - {REAL} > {UNMAPPED}: ICMP echo request, id \d+, seq 1, length 64"
        r" -- dropped: destination_not_mapped \(.+\) \[a > -\]",
        line,
    ), line


def test_objects_choices_and_one_at_a_time(hosts, capture, cli) -> None:
    assert ping(hosts.a, B_MAPPED, count=1).answered == 1
    running = capture("--json", "--pair", "a,b", "--realm", "b", "--in", "-c", "2")
    other = cli("capture", "-c", "1", status=3)
    assert "somebody captures already: " in other
    assert ping(hosts.a, B_MAPPED).answered == 3
    assert running.wait() == 0, running.errors()
    packets = [json.loads(line) for line in running.out_file.read_text().splitlines()]
    assert [packet["id"] for packet in packets] == [1, 2]
    for packet in packets:
        assert (packet["fate"], packet["from"], packet["to"]) == ("sent", "b", "a")
        assert (packet["in_realm"], packet["out_realm"]) == ("b", "a")
        assert len(packet["in_frame"]) == 2 * packet["in_length"]

    again = capture("icmp")  # the first one's end has made room
    assert again.stop(signal.SIGINT) == 0, again.errors()
    assert again.errors().endswith("0 packets captured\n")


def test_mistakes_are_told(hosts, cli) -> None:
    def told(*words: str, status: int) -> str:
        return cli("capture", *words, status=status)

    assert "the filter \"hots x\" is not understood" in told("hots", "x", status=2)
    assert "natto knows no mapping aa: do you mean a?" in told("--mapping", "aa", status=1)
    assert "do you mean ttl_expired?" in told("--drop", "ttl_expird", status=1)
    assert "natto knows no realm c" in told("--realm", "c", status=1)
    assert "natto knows no rule web" in told("--rule", "web", status=1)
