"""Captures of Ethernet frames, written the same every time: classic pcap, and pcapng."""

import struct
from collections.abc import Sequence
from pathlib import Path


def write(file: Path, frames: list[bytes]) -> None:
    parts = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)]
    for number, frame in enumerate(frames):
        parts += [struct.pack("<IIII", number // 1_000_000, number % 1_000_000, len(frame), len(frame)), frame]
    file.write_bytes(b"".join(parts))


def read(file: Path) -> list[bytes]:
    data = file.read_bytes()
    frames, at = [], 24
    while at < len(data):
        length = struct.unpack_from("<I", data, at + 8)[0]
        frames.append(data[at + 16 : at + 16 + length])
        at += 16 + length
    return frames


def pcapng(
    order: str, packets: Sequence[tuple[int, bytes]], interfaces: Sequence[tuple[str, str]] = (("", ""),)
) -> bytes:
    """Packets with the direction of each, after draft-ietf-opsawg-pcapng. Each interface has a name and a
    description; the packets are of one after the other.
    """

    def block(kind: int, body: bytes) -> bytes:
        length = struct.pack(order + "I", len(body) + 12)
        return struct.pack(order + "I", kind) + length + body + length

    def option(code: int, value: bytes) -> bytes:
        return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)

    text = block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))
    for name, description in interfaces:
        options = option(3, description.encode()) + option(2, name.encode()) + option(0, b"")
        text += block(1, struct.pack(order + "HHI", 1, 0, 0) + options)
    for number, (direction, frame) in enumerate(packets):
        header = struct.pack(order + "IIIII", number % len(interfaces), 0, 0, len(frame), len(frame))
        options = option(1, b"a comment") + option(2, struct.pack(order + "I", direction)) + option(0, b"")
        text += block(6, header + frame + bytes(-len(frame) % 4) + options)
    return text
