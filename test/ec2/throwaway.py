"""A copy of this machine that is thrown away: an overlay over its root, in namespaces of its own."""

import os
import subprocess
import tempfile
import time
from pathlib import Path

PATIENCE_SECONDS = 30
# Everything that is written goes to the tmpfs, which vanishes with the namespaces. The kernel's own
# settings are read-only.
HOLD = """
set -e
mount -t tmpfs tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
cd "$1/root"
mount -t proc proc proc
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=755 tmpfs dev
for device in null zero full random urandom tty; do
  touch "dev/$device"
  mount --bind "/dev/$device" "dev/$device"
done
if [ -e /dev/net/tun ]; then
  mkdir dev/net
  touch dev/net/tun
  mount --bind /dev/net/tun dev/net/tun
fi
touch dev/console
mount --bind /dev/null dev/console
exec chroot . env -i container=throwaway PATH=/usr/sbin:/usr/bin:/sbin:/bin "${@:2}"
"""
NAMESPACES = ["--mount", "--propagation", "private", "--pid", "--net", "--ipc", "--cgroup"]


class Refused(Exception):
    """The system does not permit it."""


class Throwaway:
    """Its own network has no interface that leads out; its first process is `init`."""

    def __init__(self, *init: str) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="natto-throwaway-")
        self._cgroup = self._make_cgroup()
        hold = ["bash", "-c", HOLD, "bash", self._directory.name, *(init or ("sleep", "infinity"))]
        self._holder = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "unshare", "--fork", "--kill-child", *NAMESPACES, *hold],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=self._enter_cgroup,
        )
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self._is_up:
            if self._holder.poll() is not None or time.monotonic() > deadline:
                self.close()
                raise Refused(self._holder.stderr.read().strip())
            time.sleep(0.01)

    def _make_cgroup(self) -> Path:
        """An empty one of its own, in the hierarchy of version 2, which any kernel has beside others."""
        for line in Path("/proc/self/mounts").read_text().splitlines():
            _, folder, kind, *_ = line.split()
            if kind == "cgroup2" and os.access(folder, os.W_OK):
                cgroup = Path(folder) / f"natto-throwaway-{os.getpid()}"
                cgroup.mkdir(exist_ok=True)
                return cgroup
        self._directory.cleanup()
        raise Refused("no cgroup2 is mounted")

    def _enter_cgroup(self) -> None:
        (self._cgroup / "cgroup.procs").write_text(str(os.getpid()))

    @property
    def _init(self) -> int | None:
        """The first process of the namespaces, once it runs."""
        pid = self._holder.pid
        try:
            # setpriv and unshare are one process, one after the other.
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        except FileNotFoundError:
            return None
        return int(children[0]) if children else None

    @property
    def _is_up(self) -> bool:
        """Whether the copy is its root: until then, path() would lead into this machine's own files."""
        try:
            return not os.path.samefile(f"/proc/{self._init}/root", "/")
        except FileNotFoundError:
            return False

    def path(self, path: str) -> Path:
        """A file of the copy, as this process reaches it."""
        return Path(f"/proc/{self._init}/root") / path.lstrip("/")

    def run(self, *words: str, status: int = 0) -> str:
        """What a program in the copy prints, on either stream."""
        enter = ["nsenter", f"--target={self._init}", "--mount", "--pid", "--net", "--ipc", "--root"]
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
        done = subprocess.run(
            [*enter, "--wd=/", *words],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
        )
        if done.returncode != status:
            raise AssertionError(f"{words}: exit status {done.returncode}\n{done.stdout}")
        return done.stdout

    def files(self, *folders: str) -> set[str]:
        """The names of everything in these folders."""
        return set(self.run("find", *folders).splitlines())

    def close(self) -> None:
        self._holder.kill()
        self._holder.wait()
        for folder in sorted(self._cgroup.rglob("*/"), reverse=True):
            self._remove_cgroup(folder)
        self._remove_cgroup(self._cgroup)
        self._directory.cleanup()

    @staticmethod
    def _remove_cgroup(folder: Path) -> None:
        """Once its last process has gone."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while folder.is_dir():
            try:
                folder.rmdir()
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
