"""Replays every golden and compares what leaves, frame for frame, and the whole summary."""

import json
import subprocess
import tempfile
from pathlib import Path

import pcap
import pytest

GOLDENS = [path for path in sorted(Path(__file__).parent.glob("[0-9]*")) if path.is_dir()]


def difference(expected: list[bytes], actual: list[bytes], realm: str) -> str | None:
    """The first difference, as hex and as a line for Scapy."""
    for number, (want, have) in enumerate(zip(expected, actual)):
        if want != have:
            at = next((i for i, (x, y) in enumerate(zip(want, have)) if x != y), min(len(want), len(have)))
            return (
                f"to {realm}, frame {number}, byte {at}\n  expected {want.hex()}\n  actual   {have.hex()}\n"
                f"  scapy: Ether(bytes.fromhex('{have.hex()}')).show2()"
            )
    if len(expected) != len(actual):
        return f"to {realm}: {len(actual)} frames left, expected {len(expected)}"
    return None


@pytest.mark.parametrize("golden", GOLDENS, ids=lambda golden: golden.name)
def test_golden(golden, binary) -> None:
    command = [binary, "replay", "-c", golden / "natto.toml", "--json"]
    for capture in sorted(golden.glob("in-*.pcap")):
        command += ["--in", f"{capture.stem.removeprefix('in-')}={capture}"]
    with tempfile.TemporaryDirectory() as folder:
        captures = {
            capture.stem.removeprefix("expected-"): (capture, Path(folder, capture.name))
            for capture in sorted(golden.glob("expected-*.pcap"))
        }
        for realm, (_, sent) in captures.items():
            command += ["--out", f"{realm}={sent}"]
        replay = subprocess.run(command, capture_output=True, text=True)
        assert replay.returncode == 0, replay.stderr
        for realm, (expected, sent) in captures.items():
            if problem := difference(pcap.read(expected), pcap.read(sent), realm):
                pytest.fail(problem, pytrace=False)
    assert json.loads(replay.stdout) == json.loads((golden / "expected.json").read_text())
