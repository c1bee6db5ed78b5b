"""Captures taken on natto's link have natto's own frames too: `natto replay` leaves them out."""

import struct
import subprocess
from pathlib import Path

import pcap
import pytest
from scapy.utils import rdpcap

GOLDEN = Path(__file__).parent / "001_R1_R2_tcp"
NATTO_MAC = bytes.fromhex("021122334455")  # to which the golden's frames go
SOMEONE = bytes.fromhex("020000000077")
OUTBOUND, INBOUND, UNKNOWN = 2, 1, 0
OUTGOING, TO_US = 4, 0


@pytest.fixture
def arriving() -> bytes:
    """What company a sends."""
    (frame,) = pcap.read(GOLDEN / "in-company-a.pcap")
    return frame


@pytest.fixture
def sent() -> bytes:
    """What natto then sends to company a, as a card has it."""
    (frame,) = pcap.read(GOLDEN / "expected-company-a.pcap")
    return frame[:6] + NATTO_MAC + frame[12:]


def replay(binary: Path, capture: Path) -> tuple[list[bytes], str]:
    """What leaves to company b when `capture` arrives from company a, and standard error."""
    out = capture.with_suffix(".out")
    words = [binary, "replay", "-c", GOLDEN / "natto.toml"]
    words += ["--in", f"company-a={capture}", "--out", f"company-b={out}"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [bytes(frame) for frame in rdpcap(str(out))], done.stderr


def expected() -> bytes:
    (frame,) = pcap.read(GOLDEN / "expected-company-b.pcap")
    return frame


def cooked(version: int, kind: int, frame: bytes) -> bytes:
    """The packet of a frame as Linux's "any" interface has it."""
    source = frame[6:12] + bytes(2)
    if version == 1:
        return struct.pack("!HHH", kind, 1, 6) + source + frame[12:]
    return frame[12:14] + struct.pack("!HIHBB", 0, 3, 1, kind, 6) + source + frame[14:]


def test_by_its_mac_address(binary, tmp_path, arriving, sent) -> None:
    capture = tmp_path / "in.pcap"
    pcap.write(capture, [sent, arriving, sent, arriving])
    out, told = replay(binary, capture)
    assert out == [expected()] * 2
    assert "2 of the inputs' frames left out" in told


def test_a_capture_without_them_is_replayed_whole(binary, tmp_path, arriving, sent) -> None:
    """A station that is not natto may send what it likes, and a host may have natto's MAC address."""
    stranger = sent[:6] + SOMEONE + sent[12:]
    twin = arriving[:6] + NATTO_MAC + arriving[12:]
    capture = tmp_path / "in.pcap"
    pcap.write(capture, [stranger, twin, arriving])
    out, told = replay(binary, capture)
    assert out == [expected()] * 2
    assert "left out" not in told


@pytest.mark.parametrize("order", ["<", ">"])
def test_by_the_direction_in_pcapng(binary, tmp_path, arriving, sent, order) -> None:
    foreign = sent[:6] + SOMEONE + sent[12:]
    capture = tmp_path / "in.pcapng"
    packets = [(OUTBOUND, foreign), (INBOUND, arriving), (UNKNOWN, arriving), (OUTBOUND, foreign)]
    capture.write_bytes(pcap.pcapng(order, packets))
    out, told = replay(binary, capture)
    assert out == [expected()] * 2
    assert "2 of the inputs' frames left out" in told


@pytest.mark.parametrize("order", ["<", ">"])
def test_what_natto_captured_has_packets_of_every_realm(binary, tmp_path, arriving, sent, order) -> None:
    interfaces = [(f"{realm} in", f"natto: comes from {realm}") for realm in ("company-b", "company-a")]
    capture = tmp_path / "in.pcapng"
    packets = [(INBOUND, arriving), (INBOUND, arriving), (INBOUND, arriving), (OUTBOUND, sent)]
    capture.write_bytes(pcap.pcapng(order, packets, interfaces))
    out, told = replay(binary, capture)
    assert out == [expected()]
    assert "3 of the inputs' frames left out" in told

    # Another program's interfaces may have such names.
    interfaces = [(name, "") for name, _ in interfaces]
    capture.write_bytes(pcap.pcapng(order, packets, interfaces))
    assert replay(binary, capture)[0] == [expected()] * 3


@pytest.mark.parametrize(("version", "link_type"), [(1, 113), (2, 276)])
def test_by_the_direction_in_a_cooked_capture(binary, tmp_path, arriving, sent, version, link_type) -> None:
    capture = tmp_path / "in.pcap"
    packets = [cooked(version, OUTGOING, sent), cooked(version, TO_US, arriving)]
    pcap.write(capture, packets)
    data = bytearray(capture.read_bytes())
    data[20:24] = struct.pack("<I", link_type)
    capture.write_bytes(data)
    out, told = replay(binary, capture)
    assert out == [expected()]
    assert "1 of the inputs' frames left out" in told
