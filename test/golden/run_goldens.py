"""Replays every golden and compares what leaves, frame for frame, and the whole summary.

usage: run_goldens.py NATTO [--junit FILE] [NAME...]
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "oracle"))
import junit  # noqa: E402
import pcap  # noqa: E402


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


def run(natto: Path, golden: Path) -> str | None:
    """Why the golden fails, or None."""
    with tempfile.TemporaryDirectory() as folder:
        command = [natto, "replay", "-c", golden / "natto.toml", "--json"]
        for capture in sorted(golden.glob("in-*.pcap")):
            command += ["--in", f"{capture.stem.removeprefix('in-')}={capture}"]
        outputs = {}
        for capture in sorted(golden.glob("expected-*.pcap")):
            realm = capture.stem.removeprefix("expected-")
            outputs[realm] = (capture, Path(folder) / f"{realm}.pcap")
            command += ["--out", f"{realm}={outputs[realm][1]}"]
        result = subprocess.run(command, capture_output=True, text=True)
        if result.returncode != 0:
            return f"exit {result.returncode}: {result.stderr}"
        for realm, (expected, actual) in outputs.items():
            problem = difference(pcap.read(expected), pcap.read(actual), realm)
            if problem:
                return problem
    expected_summary = json.loads((golden / "expected.json").read_text())
    summary = json.loads(result.stdout)
    return None if summary == expected_summary else f"summary {summary}\n  expected {expected_summary}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("natto", type=Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--junit", type=Path)
    arguments = parser.parse_args()
    goldens = [p for p in sorted(HERE.glob("[0-9]*")) if p.is_dir() and (not arguments.names or p.name in arguments.names)]
    outcomes = {}
    for golden in goldens:
        outcomes[golden.name] = run(arguments.natto, golden)
        print(f"{'FAIL' if outcomes[golden.name] else 'ok  '} {golden.name}\n{outcomes[golden.name] or ''}".rstrip())
    if arguments.junit:
        junit.write(arguments.junit, "golden", outcomes)
    failed = sum(problem is not None for problem in outcomes.values())
    print(f"{len(outcomes) - failed} passed, {failed} failed")
    return 1 if failed or not outcomes else 0


if __name__ == "__main__":
    sys.exit(main())
