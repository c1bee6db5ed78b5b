"""The programs that are measured: natto, and testpmd's forwarding modes on the same device, packets
and core."""

import contextlib
import itertools
import json
import re
import statistics
import subprocess
import threading
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

MAIN_LCORE, WORKER_LCORE = 0, 1
# Two workers take both cores, and control goes where there is room: it sleeps nearly always.
THIRD_LCORE, SHARED_LCORES = 2, "0@0,1@1,2@(0,1)"
# natto follows a file that was quiet for 200 ms.
RELOAD_PAUSE = 0.3
# What makes a table another one, without touching the traffic.
ONE_MORE = """
[[mapping]]
name = "one-more-{}"
realm = "lab"
real = "192.0.2.1"
mapped = "192.0.2.2"
"""
PORT_ADDRESS = "10.255.255.1/24"
NEXT_HOP_ADDRESS, NEXT_HOP = "10.255.255.2", "02:00:00:00:00:02"


def _device(capture: Path, queues: int = 1) -> str:
    return "net_pcap0," + f"rx_pcap={capture}," * queues + "infinite_rx=1"


def mbufs(packets: int) -> int:
    """The device keeps every packet of its capture; the rest is for rings and caches."""
    return packets + 16_384


def write_port_config(
    file: Path,
    device: str,
    table: Path,
    packets: int = 0,
    workers: int = 1,
    eal: Sequence[str] = (),
    checksum_offload: str = "auto",
) -> None:
    """natto's side of a measurement: one port."""
    if workers == 1:
        dpdk = f'main_lcore = {MAIN_LCORE}\nlcores = "{WORKER_LCORE}"\n'
    else:
        dpdk = f'main_lcore = {THIRD_LCORE}\nlcores = "{MAIN_LCORE},{WORKER_LCORE}"\n'
        eal = [f"--lcores={SHARED_LCORES}", *eal]
    file.write_text(
        f"[dpdk]\n{dpdk}eal = {json.dumps([*eal])}\nmbufs = {mbufs(packets * workers)}\n"
        f'[[port]]\nrealm = "lab"\ndevice = "{device}"\naddress = "{PORT_ADDRESS}"\n'
        f'gateway_mac = "{NEXT_HOP}"\nchecksum_offload = "{checksum_offload}"\n'
        f'[table]\nfile = "{table}"\n'
    )


def write_config(
    file: Path, capture: Path, table: Path, packets: int, workers: int = 1
) -> None:
    """natto's side of a measurement with a capture, which every worker's queue plays."""
    write_port_config(file, _device(capture, workers), table, packets, workers)


def keep_record(config: Path, file: Path) -> None:
    """Has natto write down in `file` what it refuses."""
    with config.open("a") as out:
        out.write(f'[log]\nrefused = true\nrefused_file = "{file}"\n')


def _run_natto(natto: Path, config: Path, seconds: float) -> tuple[dict, str]:
    """What `natto bench --json` says, and its log."""
    words = [natto, "bench", "-c", config, "--seconds", str(seconds), "--json"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"natto bench failed: {done.stderr}")
    return json.loads(done.stdout), done.stderr


def run_natto(natto: Path, config: Path, seconds: float) -> dict:
    return _run_natto(natto, config, seconds)[0]


@contextlib.contextmanager
def changing(table: Path, times: int | None = None, pause: float = RELOAD_PAUSE) -> Iterator[None]:
    """Meanwhile the table's file changes again and again, or so many times, a pause before each."""
    text = table.read_text()
    new = table.with_suffix(".new")
    ended = threading.Event()

    def change() -> None:
        # Each another table: natto does not read all of them, and between two equal ones nothing changes.
        for i in itertools.islice(itertools.count(), times):
            if ended.wait(pause):
                break
            new.write_text(text + ONE_MORE.format(i))
            new.rename(table)

    changer = threading.Thread(target=change)
    changer.start()
    try:
        yield
    finally:
        ended.set()
        changer.join()
        table.write_text(text)


def reloads_in(log: str) -> int:
    """How often natto followed the table's file."""
    return len(re.findall(r"(?m)^natto: reload \d+ \(file changed\): version", log))


def run_natto_reloading(natto: Path, config: Path, seconds: float, pause: float = RELOAD_PAUSE) -> dict:
    """The same, while the table's file changes again and again, a pause before each, and natto follows it; "reloads"
    says how often it did."""
    with changing(Path(tomllib.loads(config.read_text())["table"]["file"]), pause=pause):
        told, log = _run_natto(natto, config, seconds)
    reloads = reloads_in(log)
    if reloads == 0:
        raise RuntimeError(f"no reload succeeded while natto was measured:\n{log}")
    return told | {"reloads": reloads}


def run_testpmd(
    mode: str, capture: Path, packets: int, seconds: float, workers: int = 1
) -> float:
    """Packets per second that testpmd receives and forwards, by its own count."""
    lcores = ["-l", f"{MAIN_LCORE},{WORKER_LCORE}"]
    if workers == 2:
        lcores = ["--lcores", SHARED_LCORES, "--main-lcore", str(THIRD_LCORE)]
    words = [
        "dpdk-testpmd", *lcores, "--in-memory", "--no-pci", "--no-telemetry",
        "--log-level=*:error", "--vdev", _device(capture, workers), "--",
        f"--forward-mode={mode}", "--auto-start", "--stats-period=1", f"--nb-cores={workers}",
        f"--rxq={workers}", f"--txq={workers}", "--port-topology=loop",
        f"--total-num-mbufs={mbufs(packets * workers)}", "--burst=32",
    ]  # fmt: skip
    try:
        done = subprocess.run(
            words, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
            timeout=seconds + 2.5,
        )  # fmt: skip
        raise RuntimeError(f"testpmd ended early: {done.stdout}{done.stderr}")
    except subprocess.TimeoutExpired as expired:
        text = (expired.stdout or b"").decode()
    rates = [int(rate) for rate in re.findall(r"Rx-pps:\s+(\d+)", text)]
    steady = [rate for rate in rates[1:] if rate > 0]
    if not steady:
        raise RuntimeError(f"testpmd told no rate:\n{text}")
    return statistics.median(steady)
