"""natto and testpmd on an ENA card in software (test/ena-model), each taking turns with the card on the worker's
core (driver_clock.cpp): the card fills the receive ring, the worker empties it, in full bursts.
"""

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

MODEL = Path(__file__).resolve().parent.parent / "ena-model"
sys.path.append(str(MODEL))

import programs  # noqa: E402
from card_control import say  # noqa: E402
from ena_costs import Cost, cycles_of_driver, cycles_of_natto, cycles_of_testpmd  # noqa: E402
from traffic import PORT_MAC, Workload, write_capture, write_table  # noqa: E402

WITH_CARDS = MODEL / "with_cards.py"
CARD = "0000:00:06.0"
WORKLOAD = Workload("64 B, 256 hosts each side, 2,048 flows", 256, 2048)
# What the worker receives in its turn has room to be sent.
RX_DESCRIPTORS, TX_DESCRIPTORS = 512, 1024
WARM_UP_SECONDS = 0.5
PATIENCE_SECONDS = 30
OUT_OF_USE, IN_USE = ": out of use: ", ": in use again: "  # in natto's log
# rte_ethdev.h: what natto asks of a port for checksums, and what testpmd asks of it unless told otherwise.
CHECKSUMS, FAST_FREE = 0x0E, 0x10000


@dataclass(frozen=True)
class Program:
    """natto, or testpmd in a mode."""

    name: str
    offload: bool = False  # checksums are the card's


class Lab:
    """The files of all measurements, in `folder`."""

    def __init__(self, build: Path, folder: Path):
        self._natto = build / "app" / "natto"
        test = build / "test"
        self._cards_plugin = ["-d", str(test / "ena-model" / "ena_model.so")]
        self._plugins = [*self._cards_plugin, "-d", str(test / "bench" / "driver_clock.so")]
        self._folder = folder
        self._capture, self._table = folder / "in.pcap", folder / "mappings.toml"
        write_capture(WORKLOAD, self._capture)
        write_table(WORKLOAD, self._table)
        self.tsc_hz = 0.0  # once natto has told it

    def measure(self, program: Program, device_memory: bool, seconds: float) -> Cost:
        self._write_cards(device_memory)
        self._clock_file.unlink(missing_ok=True)
        whole = (self._run_natto if program.name == "natto" else self._run_testpmd)(program, seconds)
        driver, burst = cycles_of_driver(json.loads(self._clock_file.read_text()))
        return Cost(whole, driver, burst)

    def seconds_of_reset(self) -> float:
        """How long natto does not use the port, while it forwards and the card, which has completed a packet twice,
        is reset."""
        self._write_cards(device_memory=False)
        self._write_config("auto", self._cards_plugin)
        process = self._start(self._natto, "run", "-c", self._config)
        patience = threading.Timer(PATIENCE_SECONDS, process.kill)
        patience.start()
        try:
            self._until_card_sends(process)
            say(self._control, 0, "double-tx-completions 1")
            moments: dict[str, float] = {}
            for line in process.stderr:
                moments |= {words: time.monotonic() for words in (OUT_OF_USE, IN_USE) if words in line}
                if IN_USE in moments:
                    return moments[IN_USE] - moments[OUT_OF_USE]
        finally:
            patience.cancel()
            process.kill()
            process.communicate()
        raise RuntimeError(f"the port was not reset in {PATIENCE_SECONDS} s")

    @property
    def _clock_file(self) -> Path:
        return self._folder / "clock.json"

    @property
    def _config(self) -> Path:
        return self._folder / "natto.toml"

    @property
    def _control(self) -> Path:
        return self._folder / "cards.sock"

    @property
    def _cards_file(self) -> Path:
        return self._folder / "cards.json"

    def _write_cards(self, device_memory: bool) -> None:
        card = {
            "mac": PORT_MAC.hex(":"),
            "low_latency_queues": device_memory,
            "rx_depth": RX_DESCRIPTORS,
            "tx_depth": TX_DESCRIPTORS,
            "wire": {"replay": str(self._capture), "repeat": True},
        }
        settings = {"cards": [card], "control": str(self._control), "cpu": programs.MAIN_LCORE}
        self._cards_file.write_text(json.dumps(settings))

    def _write_config(self, checksum_offload: str, plugins: list[str]) -> None:
        programs.write_port_config(
            self._config, CARD, self._table, eal=plugins, checksum_offload=checksum_offload
        )

    def _start(self, *words: str | Path) -> subprocess.Popen:
        pipe = subprocess.PIPE
        return subprocess.Popen(
            [WITH_CARDS, self._cards_file, *words], text=True,
            stdin=pipe, stdout=pipe, stderr=pipe,
            env=os.environ | {"DRIVER_CLOCK": str(self._clock_file)},
        )  # fmt: skip

    def _run_natto(self, program: Program, seconds: float) -> float:
        self._write_config("auto" if program.offload else "off", self._plugins)
        process = self._start(self._natto, "bench", "-c", self._config, "--seconds", str(seconds), "--json")
        out, errors = process.communicate(timeout=seconds + PATIENCE_SECONDS)
        if process.returncode != 0:
            raise RuntimeError(f"natto bench failed: {errors}")
        told = json.loads(out)
        self.tsc_hz = told["tsc_hz"]
        return cycles_of_natto(told)

    def _until_card_sends(self, process: subprocess.Popen) -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        while process.poll() is None and time.monotonic() < end:
            with contextlib.suppress(OSError):  # there is no card yet
                queues = json.loads(say(self._control, 0, "configuration"))["tx"]
                if any(queue["packets"] != 0 for queue in queues):
                    return
            time.sleep(0.05)
        process.kill()
        raise RuntimeError("nothing was forwarded: {}{}".format(*process.communicate()))

    def _run_testpmd(self, program: Program, seconds: float) -> float:
        offloads = FAST_FREE | (CHECKSUMS if program.offload else 0)
        process = self._start(
            "dpdk-testpmd", "-l", f"{programs.MAIN_LCORE},{programs.WORKER_LCORE}", *self._plugins,
            "--in-memory", "--no-telemetry", "--log-level=*:error", "-a", CARD, "--",
            "--interactive", f"--forward-mode={program.name}", "--auto-start", "--nb-cores=1",
            "--port-topology=loop", f"--total-num-mbufs={programs.mbufs(0)}", "--burst=32",
            f"--rxd={RX_DESCRIPTORS}", f"--txd={TX_DESCRIPTORS}", f"--tx-offloads={offloads:#x}",
            "--record-core-cycles",
        )  # fmt: skip
        self._until_card_sends(process)
        time.sleep(WARM_UP_SECONDS)
        process.stdin.write("clear fwd stats all\n")
        process.stdin.flush()
        time.sleep(seconds)
        out, errors = process.communicate("stop\nquit\n", timeout=PATIENCE_SECONDS)
        return cycles_of_testpmd(out + errors)
