"""Captures as people have them: `natto replay` takes them all, and writes in the format that it read."""

import os
import random
import re
import struct
import subprocess
import threading
from decimal import Decimal
from pathlib import Path

import pcap
import pytest
from scapy.utils import PcapNgReader, PcapReader, rdpcap

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


def test_an_interface_by_its_name(binary, tmp_path, arriving, refused) -> None:
    capture = tmp_path / "in.pcapng"
    packets = [(0, arriving), (0, bytes(60)), (0, arriving), (0, bytes(60))]
    capture.write_bytes(pcap.pcapng("<", packets, [("eth0", ""), ("eth1", "")]))
    assert replay(binary, f"{capture}#eth0", tmp_path / "out")[0] == [expected()] * 2
    assert replay(binary, f"{capture}#eth1", tmp_path / "out")[0] == []
    assert "has no interface eth2: it has eth0, eth1" in refused(f"{capture}#eth2")
    assert "only pcapng has interfaces" in refused(f"{GOLDEN / 'in-company-a.pcap'}#eth0")


@pytest.fixture
def refused(binary):
    """What natto says of a capture that it refuses."""

    def told(source: str, content: bytes = b"") -> str:
        words = [binary, "replay", "-c", GOLDEN / "natto.toml", "--in", f"company-a={source}"]
        done = subprocess.run(words, input=content, capture_output=True, check=False)
        assert done.returncode == 1
        return done.stderr.decode()

    return told


def test_from_a_named_pipe(binary, tmp_path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=[(GOLDEN / "in-company-a.pcap").read_bytes()])
    writer.start()
    assert replay(binary, str(pipe), tmp_path / "out")[0] == [expected()]
    writer.join()


def test_empty_and_damaged_ones_are_refused(refused, tmp_path, arriving) -> None:
    assert refused("-") == "standard input is empty: it holds no capture\n"
    capture = tmp_path / "in.pcapng"
    whole = bytearray(pcap.pcapng("<", [(0, arriving), (0, arriving)]))
    whole[-4:] = b"\xff" * 4  # the last block's length, again
    capture.write_bytes(whole)
    assert "is damaged after packet 1: a block with a wrong length" in refused(str(capture))
    assert "unknown file format" in refused("-", b"no capture at all, of no kind")


def test_a_cut_compressed_capture(binary, tmp_path, arriving) -> None:
    """Packets of random bytes behind: what is compressed is about as long."""
    capture = tmp_path / "in.pcap"
    pcap.write(capture, [arriving, arriving[:14] + random.Random(1).randbytes(9000)])
    whole = subprocess.run(["gzip", "-c", capture], capture_output=True, check=True).stdout
    cut = tmp_path / "cut.gz"
    cut.write_bytes(whole[:4000])
    out, told = replay(binary, str(cut), tmp_path / "out")
    assert out == [expected()]
    assert "ends within packet 2: used up to packet 1" in told


@pytest.mark.parametrize(("order", "magic", "unit"), [("<", 0xA1B23C4D, 1), (">", 0xA1B23C4D, 1), (">", 0xA1B2C3D4, 1000)])
def test_time_stamps_are_kept(binary, tmp_path, arriving, order, magic, unit) -> None:
    """In nanoseconds where the input has them; in this machine's byte order."""
    capture, out = tmp_path / "in.pcap", tmp_path / "out.pcap"
    header = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65535, 1)
    packet = struct.pack(order + "IIII", 1_700_000_000, 123_456, len(arriving), len(arriving)) + arriving
    capture.write_bytes(header + packet)
    assert replay(binary, str(capture), out)[0] == [expected()]
    written = out.read_bytes()
    assert struct.unpack("=I", written[:4]) == (magic,)
    assert struct.unpack("=II", written[24:32]) == (1_700_000_000, 123_456)
    with PcapReader(str(out)) as reader:
        assert reader.read_packet().time == Decimal(1_700_000_000) + Decimal(123_456 * unit) / 10**9


def test_times_and_comments_in_pcapng(binary, tmp_path, arriving) -> None:
    """Of each packet those that it had when it came, also where natto left some out."""
    capture, out = tmp_path / "in.pcapng", tmp_path / "out.pcapng"
    lost = arriving[:30] + b"\xff\xff\xff\xff" + arriving[34:]  # to nobody's address
    blocks = [pcap.pcapng("<", [])]
    for number, frame in enumerate([lost, arriving, lost, arriving]):
        comment = f"comment {number}".encode()
        body = struct.pack("<IIIII", 0, 0, 1000 + number, len(frame), len(frame)) + frame + bytes(-len(frame) % 4)
        body += struct.pack("<HH", 1, len(comment)) + comment + bytes(-len(comment) % 4) + bytes(4)
        blocks.append(struct.pack("<II", 6, len(body) + 12) + body + struct.pack("<I", len(body) + 12))
    capture.write_bytes(b"".join(blocks))
    assert replay(binary, str(capture), out)[0] == [expected()] * 2
    with PcapNgReader(str(out)) as reader:
        assert [packet.time for packet in reader] == [Decimal(1001) / 10**6, Decimal(1003) / 10**6]
    assert re.findall(rb"comment \d", out.read_bytes()) == [b"comment 1", b"comment 3"]
