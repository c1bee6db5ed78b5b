"""A natto on model cards: `with Cards(...) as natto`, and what the cards and natto say of it."""

import json
import mmap
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from card_control import say
from lab.config import dpdk_toml

CARDS_FOLDER = "dev/ena-cards/pci"  # in natto's own /
WITH_CARDS = Path(__file__).resolve().parent.parent / "ena-model" / "with_cards.py"
PATIENCE = 30
# The MAC addresses that natto has in a replay: expected frames carry them.
MACS = ["02:70:63:61:70:00", "02:70:63:61:70:01", "02:70:63:61:70:02"]


def to_card(frame: bytes, mac: str) -> bytes:
    """`frame` as the network delivers it to a card; what is for a group stays."""
    return frame if frame[0] & 1 else bytes.fromhex(mac.replace(":", "")) + frame[6:]


class Cards:
    """Cards as `cards` says (test/ena-model/settings.hpp), and natto with `config` on them.

    The config's devices are replaced by the cards, in order; devargs behind a comma stay.
    """

    def __init__(
        self, folder: Path, binary: Path, model: Path, cards: list[dict], config: str, workers: int = 1
    ) -> None:
        self._control_path = folder / "cards.sock"
        self._api_path = folder / "natto.sock"
        settings = folder / "cards.json"
        settings.write_text(json.dumps({"cards": cards, "control": str(self._control_path), "cpu": 0}))
        numbers = iter(range(len(cards)))
        config = re.sub(r'(?m)^device = "[^",]*', lambda _: f'device = "0000:00:{6 + next(numbers):02x}.0', config)
        self._config = folder / "natto.toml"
        self._config.write_text(
            f'{dpdk_toml(workers, ["-d", str(model)])}'
            f'[api]\nsocket = "{self._api_path}"\n[state]\ndirectory = "{folder / "state"}"\n{config}'
        )
        self._binary = binary
        self._log = folder / "natto.log"
        self._command = [WITH_CARDS, settings, binary, "run", "-c", self._config, "--json"]

    def __enter__(self) -> "Cards":
        with self._log.open("w") as log:
            self._natto = subprocess.Popen(self._command, stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _start(self) -> None:
        """Until it is ready for what the test does."""
        self.until("it is ready", lambda: "ready with" in self.log())

    def __exit__(self, *_) -> None:
        self._natto.kill()
        self._natto.communicate()

    @property
    def process(self) -> Path:
        """natto's folder of /proc."""
        return Path(f"/proc/{self._natto.pid}")

    def log(self) -> str:
        return self._log.read_text()

    def until(self, what: str, condition: Callable[[], bool], patience: float = PATIENCE) -> None:
        """Wait for `condition`, as long as natto runs."""
        end = time.monotonic() + patience
        while not condition():
            if self._natto.poll() is not None:
                raise AssertionError(f"natto ended before {what}:\n{self.log()}")
            if time.monotonic() > end:
                raise AssertionError(f"waited {patience} s until {what}:\n{self.log()}")
            time.sleep(0.01)

    def card(self, index: int, command: str) -> str:
        """Have a card do `command`, such as "keep-alive off"; its answer."""
        return say(self._control_path, index, command)

    def report(self, index: int) -> dict:
        """What a card did."""
        return json.loads(self.card(index, "report"))

    def configuration(self, index: int) -> dict:
        """What the driver made of a card."""
        return json.loads(self.card(index, "configuration"))

    def write_register(self, index: int, offset: int, value: int) -> None:
        """As the driver does."""
        card = Path(self.process, "root", CARDS_FOLDER, f"0000:00:{6 + index:02x}.0")
        with (card / "resource0").open("r+b") as file, mmap.mmap(file.fileno(), 0) as registers:
            registers[offset : offset + 4] = value.to_bytes(4, "little")

    def ask(self, request: str) -> dict:
        """natto's report."""
        with socket.socket(socket.AF_UNIX) as api:
            api.settimeout(PATIENCE)
            api.connect(str(self._api_path))
            api.sendall(json.dumps({"request": request}).encode() + b"\n")
            return json.loads(api.makefile().readline())

    def stop(self) -> dict:
        """End natto as an operator does; its summary."""
        self._natto.send_signal(signal.SIGTERM)
        output, _ = self._natto.communicate(timeout=PATIENCE)
        if self._natto.returncode != 0:
            raise AssertionError(f"natto ended with {self._natto.returncode}:\n{self.log()}")
        return json.loads(output)

    def show(self, subject: str) -> str:
        """What natto's command says."""
        command = [self._binary, "show", subject, "--socket", self._api_path]
        return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout

    def doctor(self) -> list[dict]:
        """Its findings of natto's ports."""
        command = [self._binary, "doctor", "-c", self._config, "--json"]
        report = json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True).stdout)
        return [finding for finding in report["findings"] if finding["check"] == "ports"]

    def telemetry(self, command: str) -> dict | None:
        """What monitoring is told; None: a driver cannot tell."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as telemetry:
            telemetry.settimeout(PATIENCE)
            telemetry.connect(f"/run/dpdk/natto-{self._natto.pid}/dpdk_telemetry.v2")
            telemetry.recv(1 << 14)  # a greeting
            telemetry.send(command.encode())
            return json.loads(telemetry.recv(1 << 20))[command.partition(",")[0]]
