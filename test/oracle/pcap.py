"""Classic pcap files of Ethernet frames, written the same every time."""

import struct
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
