"""What the kernel lets each thread of a process do."""

from pathlib import Path

CAP_DAC_OVERRIDE, CAP_NET_ADMIN, CAP_IPC_LOCK, CAP_SYS_RAWIO, CAP_SYS_ADMIN = 1, 12, 14, 17, 21


def threads(process: Path) -> list[dict[str, str]]:
    """/proc/PID/status of each thread of /proc/PID."""
    texts = [file.read_text() for file in process.glob("task/*/status")]
    return [dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line) for text in texts]


def capabilities(status: dict[str, str], kind: str = "CapPrm") -> set[int]:
    """The numbers of the capabilities that the thread has or could take; of another kind: see proc(5)."""
    return {number for number in range(64) if int(status[kind], 16) >> number & 1}


def keeps_memory_to_itself(process: Path) -> bool:
    """No core dump of it has packets in it."""
    [limit] = [line for line in (process / "limits").read_text().splitlines() if "core file" in line]
    return limit.split()[4:6] == ["0", "0"] and int((process / "coredump_filter").read_text(), 16) == 0
