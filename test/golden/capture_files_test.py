"""Captures as people have them: `natto replay` takes them all, and writes in the format that it read."""

import struct
import subprocess
from pathlib import Path

import pcap
import pytest
from scapy.utils import rdpcap

WAYS = {"gz": ["gzip"], "zst": ["zstd", "-q"], "xz": ["xz"], "lz4": ["lz4", "-q"]}
GOLDEN = Path(__file__).parent / "001_R1_R2_tcp"
RAW_IP, BSD_LOOPBACK = 101, 0


@pytest.fixture
def arriving() -> bytes:
    (frame,) = pcap.read(GOLDEN / "in-company-a.pcap")
    return frame


def expected() -> bytes:
    (frame,) = pcap.read(GOLDEN / "expected-company-b.pcap")
    return frame


def replay(binary: Path, source: str, out: Path, content: bytes | None = None) -> tuple[list[bytes], str]:
    words = [binary, "replay", "-c", GOLDEN / "natto.toml"]
    words += ["--in", f"company-a={source}", "--out", f"company-b={out}"]
    done = subprocess.run(words, input=content, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return [bytes(frame) for frame in rdpcap(str(out))], done.stderr.decode()


@pytest.mark.parametrize("suffix", WAYS)
def test_compressed(binary, tmp_path, suffix) -> None:
    capture = tmp_path / f"in.{suffix}"
    whole = (GOLDEN / "in-company-a.pcap").read_bytes()
    try:
        capture.write_bytes(subprocess.run(WAYS[suffix], input=whole, capture_output=True, check=True).stdout)
    except FileNotFoundError:
        pytest.skip(f"no {WAYS[suffix][0]} here")
    assert replay(binary, str(capture), tmp_path / "out")[0] == [expected()]


def test_from_a_pipe(binary, tmp_path) -> None:
    whole = (GOLDEN / "in-company-a.pcap").read_bytes()
    assert replay(binary, "-", tmp_path / "out", whole)[0] == [expected()]


@pytest.mark.parametrize("lost", [1, 40])
def test_a_cut_capture_is_used_up_to_the_cut(binary, tmp_path, arriving, lost) -> None:
    capture = tmp_path / "in.pcap"
    pcap.write(capture, [arriving, arriving])
    capture.write_bytes(capture.read_bytes()[:-lost])
    out, told = replay(binary, str(capture), tmp_path / "out")
    assert out == [expected()]
    assert "ends within packet 2: used up to packet 1" in told


@pytest.mark.parametrize(
    ("link_type", "header"), [(RAW_IP, b""), (BSD_LOOPBACK, b"\2\0\0\0"), (BSD_LOOPBACK, b"\0\0\0\2")]
)
def test_links_without_ethernet(binary, tmp_path, arriving, link_type, header) -> None:
    capture = tmp_path / "in.pcap"
    pcap.write(capture, [header + arriving[14:]])
    data = bytearray(capture.read_bytes())
    data[20:24] = struct.pack("<I", link_type)
    capture.write_bytes(data)
    assert replay(binary, str(capture), tmp_path / "out")[0] == [expected()]


def test_pcapng_keeps_its_comments(binary, tmp_path, arriving) -> None:
    capture, out = tmp_path / "in.pcapng", tmp_path / "out"
    capture.write_bytes(pcap.pcapng("<", [(1, arriving)]))
    assert replay(binary, str(capture), out)[0] == [expected()]
    assert out.read_bytes().startswith(b"\x0a\x0d\x0d\x0a")
    assert b"a comment" in out.read_bytes()


def test_one_interface_of_several(binary, tmp_path, arriving) -> None:
    """The second is of raw IP; packets of both are frames."""
    whole = pcap.pcapng("<", [(0, arriving)])
    raw = struct.pack("<IIHHII", 1, 20, RAW_IP, 0, 0, 20)
    packet = arriving[14:]
    padding = bytes(-len(packet) % 4)
    length = 32 + len(packet) + len(padding)
    second = struct.pack("<IIIIIII", 6, length, 1, 0, 0, len(packet), len(packet)) + packet + padding
    capture = tmp_path / "in.pcapng"
    capture.write_bytes(whole + raw + second + struct.pack("<I", length))
    assert replay(binary, str(capture), tmp_path / "both")[0] == [expected()] * 2
    assert replay(binary, f"{capture}#1", tmp_path / "one")[0] == [expected()]
