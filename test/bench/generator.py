"""The program that sends packets at a rate and takes them back (generator.cpp)."""

import json
import subprocess
from pathlib import Path

# How long what forwards may take to start, in trials of a quarter of a second.
PATIENCE_TRIALS = 80


class Generator:
    """Running; what forwards is started while it is."""

    def __init__(self, program: Path, device: str, capture: Path):
        self._process = subprocess.Popen(
            [program, device, capture], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        if self._process.stdout.readline() != "ready\n":
            raise RuntimeError("the generator did not start")

    def __enter__(self) -> "Generator":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def trial(self, rate: float, seconds: float) -> dict:
        """How many packets were offered, came back, and how long they were away."""
        self._process.stdin.write(f"{rate} {seconds}\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the generator ended")
        return json.loads(line)

    def wait_until_packets_come_back(self) -> None:
        for _ in range(PATIENCE_TRIALS):
            if self.trial(1000, 0.25)["received"] > 0:
                break
        else:
            raise RuntimeError("nothing came back")
        self.trial(100_000, 1)  # with cold caches, not measured
