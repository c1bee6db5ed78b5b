"""A natto on model cards: `with Cards(...) as natto`, and what the cards and natto say of it."""

import json
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

WITH_CARDS = Path(__file__).resolve().parent.parent / "ena-model" / "with_cards.py"
PATIENCE = 30


class Cards:
    """Cards as `cards` says (test/ena-model/settings.hpp), and natto with `config` on them.

    The config's devices are replaced by the cards, in order; their devargs stay, if they are ENA's.
    """

    def __init__(
        self, folder: Path, binary: Path, model: Path, cards: list[dict], config: str, workers: int = 1
    ) -> None:
        self._control_path = folder / "cards.sock"
        self._api_path = folder / "natto.sock"
        settings = folder / "cards.json"
        settings.write_text(json.dumps({"cards": cards, "control": str(self._control_path), "cpu": 0}))
        numbers = iter(range(len(cards)))
        config = re.sub(
            r'(?m)^device = "(?:card(.*)|.*)"$',
            lambda device: f'device = "0000:00:{6 + next(numbers):02x}.0{device[1] or ""}"',
            config,
        )
        # A machine may have two CPUs: control and the cards' thread on one, all workers on the other.
        lcores = ",".join(f"{lcore}@{min(lcore, 1)}" for lcore in range(workers + 1))
        places = f', "--lcores", "{lcores}"' if workers > 1 else ""
        self._config = folder / "natto.toml"
        self._config.write_text(
            f'[dpdk]\nlcores = "1-{workers}"\nmain_lcore = 0\neal = ["-d", "{model}"{places}]\n'
            f'[api]\nsocket = "{self._api_path}"\n[state]\ndirectory = "{folder / "state"}"\n{config}'
        )
        self._log = folder / "natto.log"
        self._binary = binary
        self._command = [WITH_CARDS, settings, binary, "run", "-c", self._config, "--json"]

    def __enter__(self) -> "Cards":
        with self._log.open("w") as log:
            self._natto = subprocess.Popen(self._command, stdout=subprocess.PIPE, stderr=log, text=True)
        self.until("it is ready", lambda: "ready with" in self.log())
        return self

    def __exit__(self, *_) -> None:
        self._natto.kill()
        self._natto.communicate()

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
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as control:
            control.settimeout(PATIENCE)
            control.connect(str(self._control_path))
            control.send(f"{index} {command}".encode())
            reply = control.recv(1 << 16).decode()
        if reply.startswith("error"):
            raise AssertionError(f"card {index}, {command}: {reply}")
        return reply

    def report(self, index: int) -> dict:
        """What a card did."""
        return json.loads(self.card(index, "report"))

    def ask(self, request: str) -> dict:
        """natto's report."""
        with socket.socket(socket.AF_UNIX) as api:
            api.settimeout(PATIENCE)
            api.connect(str(self._api_path))
            api.sendall(json.dumps({"request": request}).encode() + b"\n")
            return json.loads(api.makefile().readline())

    def show(self, subject: str) -> str:
        """What natto's command says."""
        command = [self._binary, "show", subject, "--socket", self._api_path]
        return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout

    def telemetry(self, command: str) -> dict:
        """What monitoring is told."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as telemetry:
            telemetry.settimeout(PATIENCE)
            telemetry.connect(f"/run/dpdk/natto-{self._natto.pid}/dpdk_telemetry.v2")
            telemetry.recv(1 << 14)  # a greeting
            telemetry.send(command.encode())
            return json.loads(telemetry.recv(1 << 20))[command]

    def stop(self) -> dict:
        """End natto as an operator does; its summary."""
        self._natto.send_signal(signal.SIGTERM)
        output, _ = self._natto.communicate(timeout=PATIENCE)
        if self._natto.returncode != 0:
            raise AssertionError(f"natto ended with {self._natto.returncode}:\n{self.log()}")
        return json.loads(output)
