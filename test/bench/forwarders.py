"""What forwards the generator's packets back to it (natto, testpmd, or the kernel's own NAT), and the wire between
the two: memory that both share (memif), or a pair of kernel interfaces (veth)."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import programs
from traffic import PORT_MAC

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "e2e"))

from lab.command import run  # noqa: E402
from lab.namespace import Namespace  # noqa: E402

RIVAL = "5tswap"
KERNEL = "nftables"
NEAR, FAR = "near", "far"  # the generator's interface, and the one of what forwards
MAC = PORT_MAC.hex(":")
PATIENCE_SECONDS = 30
REAL_TIME_LIMIT = Path("/proc/sys/kernel/sched_rt_runtime_us")


class Memif:
    name = "memif"
    forwarders = ("natto", RIVAL)

    def __init__(self, folder: Path) -> None:
        socket = folder / "memif.sock"
        self.generator_device = f"net_memif0,role=server,socket={socket}"
        self.device = f"net_memif0,role=client,socket={socket},mac={MAC}"

    def inside(self, words: list[str]) -> list[str]:
        """The command that runs `words` at the far end."""
        return words


class Veth:
    """The far end is a namespace of its own. What arrives there for the kernel's NAT is handled on the CPU of natto's
    worker. What arrives for natto or testpmd is received on the CPU that sends it, as the kernel has it with XDP."""

    name = "veth"
    forwarders = ("natto", RIVAL, KERNEL)
    generator_device = f"net_af_xdp0,iface={NEAR}"
    device = f"net_af_xdp0,iface={FAR}"

    def __init__(self, _: Path) -> None:
        self.far_end = Namespace("far-end")
        run("ip", "link", "add", NEAR, "address", programs.NEXT_HOP, "type", "veth",
            "peer", "name", FAR, "address", MAC, "netns", self.far_end.name)  # fmt: skip
        run("ip", "link", "set", NEAR, "arp", "off", "up")
        self.far_end.run("ip", "link", "set", FAR, "arp", "off", "up")
        cpus = f"/sys/class/net/{FAR}/queues/rx-0/rps_cpus"
        self.far_end.run("unshare", "--mount", "sh", "-c",
                         f"mount -t sysfs sysfs /sys && echo {1 << programs.WORKER_LCORE:x} > {cpus}")  # fmt: skip

    def inside(self, words: list[str]) -> list[str]:
        return self.far_end.inside(*words)


@contextlib.contextmanager
def no_real_time_limit() -> Iterator[None]:
    """The kernel takes a twentieth of each second from real-time threads; not meanwhile."""
    before = REAL_TIME_LIMIT.read_text()
    REAL_TIME_LIMIT.write_text("-1")
    try:
        yield
    finally:
        REAL_TIME_LIMIT.write_text(before)


def undisturbed(process: int) -> None:
    """What `process` runs on the worker's core runs in real time from now on: every millisecond that another thread
    takes loses more than any program does. (Since Linux 6.12 others have a small share nevertheless.)"""
    threads = [int(thread) for thread in os.listdir(f"/proc/{process}/task")]
    workers = [thread for thread in threads if os.sched_getaffinity(thread) == {programs.WORKER_LCORE}]
    if not workers:
        raise RuntimeError(f"process {process} has no thread on the worker's core")
    for worker in workers:
        os.sched_setscheduler(worker, os.SCHED_FIFO, os.sched_param(1))


@contextlib.contextmanager
def _program(words: list[str], log: Path) -> Iterator[int]:
    """Runs meanwhile, under this process id; ends by SIGINT."""
    with log.open("w") as out:
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
        try:
            yield process.pid
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                raise


def natto(program: Path, config: Path, wire: Memif | Veth, log: Path) -> contextlib.AbstractContextManager[int]:
    """natto, by the files in `config`'s folder. Its summary is the last line of `log`."""
    return _program(wire.inside([str(program), "run", "--json", "-c", str(config)]), log)


def testpmd(mode: str, wire: Memif | Veth, log: Path) -> contextlib.AbstractContextManager[int]:
    words = [
        "dpdk-testpmd", "-l", f"{programs.MAIN_LCORE},{programs.WORKER_LCORE}", "--in-memory",
        "--no-pci", "--no-telemetry", "--log-level=*:error", "--vdev", wire.device, "--",
        f"--forward-mode={mode}", "--auto-start", "--nb-cores=1", "--port-topology=loop",
        "--total-num-mbufs=16384", "--stats-period=60",
    ]  # fmt: skip
    return _program(wire.inside(words), log)


@contextlib.contextmanager
def kernel(program: Path, config: Path, wire: Veth) -> Iterator[None]:
    """The rules that `natto export` makes of the table, and the kernel as a router."""
    rules = run(str(program), "export", "-c", str(config), "--to", "nft")
    far = wire.far_end
    far.run("ip", "link", "set", FAR, "xdp", "off")  # a program that ended may have left it
    far.address(FAR, programs.PORT_ADDRESS)
    far.run("ip", "neigh", "replace", programs.NEXT_HOP_ADDRESS, "lladdr", programs.NEXT_HOP, "dev", FAR)
    far.run("ip", "route", "add", "default", "via", programs.NEXT_HOP_ADDRESS)
    subprocess.run(far.inside("nft", "-j", "-f", "-"), input=rules, text=True, check=True, capture_output=True)
    far.set("net/ipv4/ip_forward", "1")
    for which in ("all", FAR):
        far.set(f"net/ipv4/conf/{which}/send_redirects", "0")
    try:
        yield
    finally:
        far.set("net/ipv4/ip_forward", "0")
        far.run("nft", "flush", "ruleset")
        far.run("ip", "address", "flush", "dev", FAR)
