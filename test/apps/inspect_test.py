"""natto inspect itself, on captures that are made here: how it ends, what it says of a tshark that is missing or
fails, and what becomes of captures that are no good.
"""

import json
import os
import random
import struct
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from lab import real_case
from lab.lab import Lab
from lab.real_case import A_MAPPED, A_REAL, B_REAL

NOTHING, WRONG, NOT_ALL, FOUND = 0, 1, 3, 4
ICMP, TCP, UDP = 1, 6, 17
DNS_ANSWER = bytes.fromhex("00018180000100010000000001610000010001c00c00010001000000000004") + IPv4Address(B_REAL).packed


def packet(protocol: int, transport: bytes, source: str = B_REAL, destination: str = A_MAPPED) -> bytes:
    """An Ethernet frame."""
    ends = IPv4Address(source).packed + IPv4Address(destination).packed
    header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(transport), 1, 0, 64, protocol, 0)
    return bytes(12) + b"\x08\x00" + header + ends + transport


def tcp(text: bytes, sequence: int = 1, port: int = 7000) -> bytes:
    return packet(TCP, struct.pack(">HHIIBBHHH", port, 40000, sequence, 1, 0x50, 0x18, 1024, 0, 0) + text)


def udp(text: bytes, port: int) -> bytes:
    return packet(UDP, struct.pack(">HHHH", port, 40000, 8 + len(text), 0) + text)


def pcap(*frames: bytes) -> bytes:
    return pcap_cut(1 << 18, *frames)


def pcap_cut(most: int, *frames: bytes) -> bytes:
    """Of each frame so many bytes."""
    records = (
        struct.pack("<IIII", 1, n, min(len(frame), most), len(frame)) + frame[:most] for n, frame in enumerate(frames)
    )
    return struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 1 << 18, 1) + b"".join(records)


@dataclass(frozen=True)
class Ended:
    status: int
    text: str
    errors: str

    @property
    def json(self) -> dict:
        return json.loads(self.text)

    @property
    def found(self) -> list[tuple[int, str, str]]:
        return [(one["frame"], one["field"], one["address"]) for one in self.json["findings"]]


@pytest.fixture
def inspect(lab: Lab, binary: Path, monkeypatch) -> Callable[..., Ended]:
    """inspect(capture, …) of the bytes of captures; `standard_input` for "-"; without JSON if `text`."""
    config = lab.write_config(real_case.PORTS, real_case.MAPPINGS)

    def run(
        *captures: bytes | str, text: bool = False, standard_input: bytes = b"", config: Path = config
    ) -> Ended:
        words: list[str | Path] = [binary, "inspect", "-c", config, *([] if text else ["--json"])]
        for capture in captures:
            if isinstance(capture, bytes):
                file = lab.file("x.pcap")
                file.write_bytes(capture)
                capture = str(file)
            words.append(capture)
        done = subprocess.run(words, input=standard_input, capture_output=True, timeout=100)
        return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


@pytest.fixture
def tshark(lab: Lab, monkeypatch) -> Callable[[str], None]:
    """tshark(script) puts a shell script into the place of tshark."""

    def make(script: str) -> None:
        folder = lab.file("bin")
        folder.mkdir()
        folder.parent.chmod(0o755)
        (folder / "tshark").write_text(f"#!/bin/sh\n{script}\n")
        (folder / "tshark").chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    return make


def lists(field: str) -> str:
    """A script's beginning: it knows one field with addresses."""
    return f'if [ "$1" = -G ]; then printf "F\\tAn address\\t{field}\\tFT_IPv4\\tx\\n"; exit; fi'


def test_exit_codes_and_frames(inspect) -> None:
    nothing = inspect(pcap(tcp(b"hello")))
    assert (nothing.status, nothing.found) == (NOTHING, [])
    found = inspect(pcap(tcp(b"hello"), tcp(b" 10.34.1.", 6), tcp(b"125 ", 15), udp(DNS_ANSWER, 53)))
    assert (found.status, found.found) == (FOUND, [(3, "text", B_REAL), (4, "dns.a", B_REAL)])
    assert found.json["packets"] == found.json["between_mappings"] == 4
    assert found.json["fields_searched"]
    assert inspect("/nowhere.pcap").status == WRONG
    assert inspect(b"no capture at all, but some text").status == WRONG


def test_standard_input_and_several_captures(inspect) -> None:
    one = pcap(tcp(b" 10.34.1.125 "))
    ended = inspect("-", one, standard_input=one)
    assert (ended.status, ended.found) == (FOUND, [(1, "text", B_REAL)] * 2)
    assert ended.json["findings"][0]["capture"] == "standard input"
    assert ended.json["packets"] == 2


def test_text_for_people(inspect) -> None:
    ended = inspect(pcap(tcp(b"227 Entering Passive Mode (10,34,1,125,7,5)\r\n", port=21)), text=True)
    assert "frame 1, tcp 21 (ftp.passive.ip): company-b tells company-a 10.34.1.125, its real address; " in ended.text
    assert "-> FTP, passive: set the server's passive address (vsftpd: pasv_address=10.33.1.151)" in ended.text


def test_a_capture_of_parts_of_packets_is_told(inspect) -> None:
    ended = inspect(pcap_cut(96, tcp(b"x" * 60 + b" 10.34.1.125 ")))
    assert (ended.status, ended.found, ended.json["cut_short"]) == (NOT_ALL, [], 1)
    assert "1 packets between two mappings were captured in part" in ended.json["warnings"][0]
    assert inspect(pcap_cut(96, tcp(b" 10.34.1.125 " + b"x" * 60))).status == FOUND


def test_what_was_found_before_an_error_is_told(inspect, lab) -> None:
    one = lab.file("one.pcap")
    one.write_bytes(pcap(tcp(b" 10.34.1.125 ")))
    damaged = bytearray(pcap(tcp(b" 10.34.1.126 "), tcp(b" 10.34.1.125 ")))
    second = len(damaged) - len(tcp(b" 10.34.1.125 ")) - 16
    damaged[second + 8 : second + 12] = b"\xff\xff\xff\x7f"  # its length
    for wrong in ("/nowhere.pcap", bytes(damaged)):
        ended = inspect(str(one), wrong)
        assert (ended.status, ended.found) == (WRONG, [(1, "text", B_REAL)])
        assert "nowhere.pcap" in ended.errors if isinstance(wrong, str) else "damaged after packet 1" in ended.errors
    alone = inspect(bytes(damaged[:24]) + pcap(tcp(b" 10.34.1.125 "))[24:] + bytes(damaged[second:]))
    assert (alone.status, alone.found) == (WRONG, [(1, "text", B_REAL)])


def test_that_nothing_was_there_to_find_is_told(inspect) -> None:
    empty = inspect(pcap())
    assert (empty.status, empty.json["warnings"]) == (NOT_ALL, ["there are no packets in what was captured"])
    others = inspect(pcap(packet(UDP, bytes(8), "192.0.2.1", "192.0.2.2")))
    assert others.status == NOT_ALL
    assert "is it their table?" in others.json["warnings"][0]


def test_realm_says_where_a_capture_was_taken(inspect, lab, tmp_path) -> None:
    realms = ("a", "b", "c")
    ports = (
        f'[[port]]\nrealm = "{realm}"\ndevice = "net_null{i}"\n'
        f'address = "100.64.{i}.4/24"\ngateway = "100.64.{i}.1"\n'
        for i, realm in enumerate(realms)
    )
    (tmp_path / "natto.toml").write_text('[table]\nfile = "mappings.toml"\n' + "".join(ports))
    hosts = (
        ("a5", "10.0.0.5", "100.65.1.5"),
        ("b5", "10.0.0.5", "100.65.2.5"),
        ("a9", "10.0.0.9", "100.65.1.9"),
        ("b9", "10.0.0.9", "100.65.2.9"),
        ("c1", "10.9.0.1", "100.65.3.1"),
    )
    (tmp_path / "mappings.toml").write_text(
        "".join(f'[[mapping]]\nname = "{n}"\nrealm = "{n[0]}"\nreal = "{r}"\nmapped = "{m}"\n' for n, r, m in hosts)
    )
    header = struct.pack(">HHIIBBHHH", 80, 40000, 1, 1, 0x50, 0x18, 1024, 0, 0)
    capture = tmp_path / "x.pcap"
    capture.write_bytes(pcap(packet(TCP, header + b"Location: http://10.0.0.9/", "10.0.0.5", "100.65.3.1")))
    ends = ("sent_by", "mapping", "should_be")

    def run(argument: str) -> tuple[list[tuple[str, ...]], list[str]]:
        json = inspect(argument, config=tmp_path / "natto.toml").json
        return [tuple(one[end] for end in ends) for one in json["findings"]], json["warnings"]

    assert run(f"b={capture}") == ([("b5", "b9", "100.65.2.9")], [])
    assert run(f"a={capture}") == ([("a5", "a9", "100.65.1.9")], [])
    assert "1 packets have a real address that several realms have" in run(str(capture))[1][0]
    wrong = inspect(f"d={capture}", config=tmp_path / "natto.toml")
    assert (wrong.status, "the realms are a, b, c" in wrong.errors) == (WRONG, True)


def test_what_an_icmp_error_quotes_is_not_told(inspect) -> None:
    quoted = udp(DNS_ANSWER, 53)[14:]
    assert inspect(pcap(packet(ICMP, b"\x03\x03" + bytes(6) + quoted))).status == NOTHING


def test_a_client_subnet_and_multipath_tcp_work_as_they_come(inspect) -> None:
    subnet = bytes.fromhex("0008 0008 0001 2000") + IPv4Address(B_REAL).packed
    option = bytes.fromhex("000029 1000 00000000") + struct.pack(">H", len(subnet)) + subnet
    question = bytes.fromhex("0001 0100 0001 0000 0000 0001 0161 00 0001 0001")
    client = packet(UDP, struct.pack(">HHHH", 40000, 53, 8 + len(question + option), 0) + question + option)
    add = bytes((30, 8, 0x30, 1)) + IPv4Address(B_REAL).packed
    header = struct.pack(">HHIIBBHHH", 7000, 40000, 1, 1, 0x70, 0x10, 1024, 0, 0)
    ended = inspect(pcap(client, packet(TCP, header + add)))
    assert (ended.status, ended.found) == (NOTHING, [])


def test_eprt_is_active_ftp(inspect) -> None:
    header = struct.pack(">HHIIBBHHH", 40000, 21, 1, 1, 0x50, 0x18, 1024, 0, 0)
    ended = inspect(pcap(packet(TCP, header + b"EPRT |1|10.34.1.125|1797|\r\n")))
    assert [(one["field"], one["application"]) for one in ended.json["findings"]] == [("ftp.eprt.ip", "FTP, active")]


def test_what_wireshark_takes_from_headers_is_none(inspect) -> None:
    assert inspect(pcap(tcp(b"229 Entering Extended Passive Mode (|||5000|)\r\n", port=21))).status == NOTHING


def test_an_address_told_back_is_none(inspect) -> None:
    assert inspect(pcap(tcp(f"Via: {A_REAL}\r\n".encode()))).status == NOTHING


def test_a_cut_capture_is_used_up_to_the_cut(inspect) -> None:
    ended = inspect(pcap(tcp(b" 10.34.1.125 "), tcp(b"more"))[:-2])
    assert (ended.status, ended.found) == (FOUND, [(1, "text", B_REAL)])
    assert "ends within packet 2" in ended.json["warnings"][0]


def test_without_tshark_text_is_searched_and_nothing_more_claimed(inspect, lab, monkeypatch) -> None:
    monkeypatch.setenv("PATH", str(lab.file("nothing")))
    nothing = inspect(pcap(udp(DNS_ANSWER, 53)))
    assert (nothing.status, nothing.found, nothing.json["fields_searched"]) == (NOT_ALL, [], False)
    assert "apt install tshark" in nothing.json["warnings"][0]
    found = inspect(pcap(tcp(b" 10.34.1.125 ")))
    assert (found.status, found.json["fields_searched"]) == (FOUND, False)
    assert "apt install tshark" in inspect(pcap(tcp(b"x")), text=True).text


def test_a_tshark_that_fails_midway_is_told(inspect, tshark) -> None:
    tshark(f"{lists('x.y')}\nhead -c 4000 >/dev/null; printf '\\n\\n'; echo out of order >&2; exit 7")
    frames = [tcp(b"x" * 1000, 1 + n * 1000, 7001) for n in range(2000)]
    ended = inspect(pcap(*frames, tcp(b" 10.34.1.125 ")))
    assert (ended.status, ended.found) == (FOUND, [(2001, "text", B_REAL)])
    assert not ended.json["fields_searched"]
    assert "tshark failed with status 7 (out of order): no fields were searched from frame 3 on" in ended.json["warnings"][0]
    assert inspect(pcap(*frames)).status == NOT_ALL
    assert "no fields were searched from frame 3 on" in inspect(pcap(*frames), text=True).text


def test_a_tshark_that_is_killed_or_says_too_little_is_told(inspect, tshark) -> None:
    tshark(f"{lists('x.y')}\nkill -SEGV $$")
    ended = inspect(pcap(tcp(b"x")))
    assert ended.status == NOT_ALL
    assert "ended by signal 11" in ended.json["warnings"][0]
    tshark(f"{lists('x.y')}\ncat >/dev/null")
    assert "tshark ended before its input" in inspect(pcap(tcp(b"x"))).json["warnings"][0]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has rights to give up")
def test_tshark_has_neither_roots_rights_nor_a_network(inspect, tshark) -> None:
    rights = 'uid.$(id -u).groups.$(id -G | wc -w).interfaces.$(grep -c : /proc/net/dev).files.$(ls /proc/self/fd | wc -l)'
    tshark(f"{lists(rights)}\ncat >/dev/null\necho {B_REAL}")
    # Its groups are nobody's one, its interface is lo, its files are three and ls's own.
    assert inspect(pcap(tcp(b"x"))).found == [(1, "uid.65534.groups.1.interfaces.1.files.4", B_REAL)]


def test_damaged_captures_end_in_an_error_or_a_result(inspect, seed: int) -> None:
    chance = random.Random(seed)
    whole = pcap(tcp(b" 10.34.1.125 "), udp(DNS_ANSWER, 53), tcp(b"227 (10,34,1,125,7,5)", port=21), udp(b"x" * 200, 179))
    for _ in range(8):
        damaged = bytearray(whole)
        for _ in range(chance.randrange(1, 12)):
            damaged[chance.randrange(4, len(damaged))] = chance.randrange(256)
        ended = inspect(bytes(damaged))
        assert ended.status in {NOTHING, WRONG, NOT_ALL, FOUND}
        assert ended.errors if ended.status == WRONG else "findings" in ended.json
