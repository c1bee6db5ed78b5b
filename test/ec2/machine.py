"""A made-up EC2 instance: the files of /sys, /proc and /etc that scripts/ec2 use, and their kernel."""

import os
import selectors
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parent.parent.parent / "scripts" / "ec2"
PRIMARY_MAC, PRIMARY_PCI = "02:00:00:00:00:05", "0000:00:05.0"
SECOND_MAC, SECOND_PCI = "02:00:00:00:00:06", "0000:00:06.0"
INTERFACES = {PRIMARY_PCI: ("eth0", PRIMARY_MAC), SECOND_PCI: ("eth1", SECOND_MAC)}
STUBS = {
    # Modules lie in modules/ until they are loaded.
    "modprobe": """
echo "$@" >>"$NATTO_ROOT/modprobe.log"
[ -d "$NATTO_ROOT/modules/$1" ] || exit 1
cp -r "$NATTO_ROOT/modules/$1/." "$NATTO_ROOT/sys/"
mv "$NATTO_ROOT/drivers/$1" "$NATTO_ROOT/sys/bus/pci/drivers/"
""",
    "modinfo": 'cat "$NATTO_ROOT/modinfo/$3"',
    "ip": """
case "$*" in
  "-4 route show default") cat "$NATTO_ROOT/default-routes" ;;
  "-o address show dev "*) cat "$NATTO_ROOT/addresses-$5" ;;
esac
""",
    "ss": 'cat "$NATTO_ROOT/connections"',
    # The kernel reserves as many pages as it finds.
    "sysctl": """
wanted=${2#vm.nr_hugepages=} free=$(<"$NATTO_ROOT/free-pages")
echo $((wanted < free ? wanted : free)) >"$NATTO_ROOT/proc/sys/vm/nr_hugepages"
""",
    "update-grub": 'echo update-grub >>"$NATTO_ROOT/boot-loader.log"',
    "grubby": 'echo "$@" >>"$NATTO_ROOT/boot-loader.log"',
}


class Machine:
    """Two ENIs with the ena driver, the first with the default route and an SSH session; no IOMMU.

    A thread plays the kernel: it takes what is written into `unbind` and `drivers_probe`, which are
    FIFOs here, and moves the devices between the drivers.
    """

    def __init__(self) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="natto-ec2-")
        self.root = Path(self._directory.name)
        self.refused: set[str] = set()  # drivers whose probe fails
        self.written: list[str] = []  # what the kernel was told
        self.write("etc/default/grub", 'GRUB_CMDLINE_LINUX=""')
        (self.root / "etc/default/grub.d").mkdir()
        self.write("proc/meminfo", "MemTotal: 8000000 kB\nHugepagesize:       2048 kB")
        self.write("proc/sys/vm/nr_hugepages", "0")
        self.write("free-pages", "3000")
        self.write("sys/devices/system/cpu/present", "0-3")
        for core in range(4):
            (self.root / f"sys/devices/system/cpu/cpu{core}").mkdir()
        self.write("default-routes", "default via 10.33.1.1 dev eth0 proto dhcp metric 100")
        self.write("addresses-eth0", "2: eth0    inet 10.33.1.20/24 brd 10.33.1.255 scope global eth0")
        self.write("addresses-eth1", "3: eth1    inet 10.33.1.124/24 brd 10.33.1.255 scope global eth1")
        self.write("connections", "0 0 10.33.1.20:22 10.9.9.9:51000 ")
        (self.root / "sys/class/net").mkdir(parents=True)
        self._make_drivers()
        for stub, text in STUBS.items():
            self.write(f"bin/{stub}", f"#!/bin/bash\n{text}").chmod(0o755)
        for address in INTERFACES:
            self.write(f"sys/bus/pci/devices/{address}/driver_override", "(null)")
            self._attach(address, "ena")
        self._stop = threading.Event()
        self._kernel = threading.Thread(target=self._serve, daemon=True)
        self._kernel.start()

    def _make_drivers(self) -> None:
        """ena is loaded; the others become so by modprobe."""
        fifos = [self.root / "sys/bus/pci/drivers_probe"]
        for driver in ("ena", "vfio-pci", "igb_uio"):
            loaded = driver == "ena"
            folder = self.root / ("sys/bus/pci/drivers" if loaded else "drivers") / driver
            folder.mkdir(parents=True)
            fifos.insert(0, folder / "unbind")  # what is unbound comes before what is probed
        (self.root / "sys/bus/pci/devices").mkdir()
        self.write("modules/vfio-pci/module/vfio/parameters/enable_unsafe_noiommu_mode", "N")
        (self.root / "modules/igb_uio").mkdir()
        self.write("modinfo/igb_uio", "intr_mode:igb_uio interrupt mode\nwc_activate:Activate WC")
        self.write("modinfo/vfio-pci", "ids:Initial PCI IDs")
        for fifo in fifos:
            os.mkfifo(fifo)
        self._fifos = [(os.open(fifo, os.O_RDWR | os.O_NONBLOCK), fifo.name) for fifo in fifos]

    def write(self, path: str, text: str) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n")
        return file

    def read(self, path: str) -> str:
        file = self.root / path
        return file.read_text().strip() if file.exists() else ""

    def driver(self, address: str) -> str:
        link = self.root / "sys/bus/pci/devices" / address / "driver"
        return os.path.basename(os.readlink(link)) if link.is_symlink() else ""

    def run(self, script: str, *words: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {
            "NATTO_ROOT": str(self.root),
            "PATH": f"{self.root}/bin:/usr/bin:/bin:/usr/sbin:/sbin",
        }
        return subprocess.run(
            [SCRIPTS / script, *words], env=environment, capture_output=True, text=True, timeout=60
        )

    def snapshot(self) -> dict[str, str]:
        """Every file with its text, every link with its target."""
        files = {}
        for path in sorted(self.root.rglob("*")):
            name = str(path.relative_to(self.root))
            if path.is_symlink():
                files[name] = os.readlink(path)
            elif path.is_file():
                files[name] = path.read_text()
        return files

    def load(self, driver: str) -> None:
        """As modprobe does."""
        shutil.copytree(self.root / "modules" / driver, self.root / "sys", dirs_exist_ok=True)
        (self.root / "drivers" / driver).rename(self.root / "sys/bus/pci/drivers" / driver)

    def reboot(self) -> None:
        """/run is empty, no override is left, and ena has every device again."""
        shutil.rmtree(self.root / "run", ignore_errors=True)
        for address in INTERFACES:
            self._detach(address)
            self.write(f"sys/bus/pci/devices/{address}/driver_override", "(null)")
            self._attach(address, "ena")

    def close(self) -> None:
        self._stop.set()
        self._kernel.join()
        for fifo, _ in self._fifos:
            os.close(fifo)
        self._directory.cleanup()

    def _attach(self, address: str, driver: str) -> None:
        device = self.root / "sys/bus/pci/devices" / address
        if driver == "ena":
            name, mac = INTERFACES[address]
            interface = self.root / "sys/class/net" / name
            interface.mkdir()
            (interface / "device").symlink_to(f"../../../bus/pci/devices/{address}")
            (interface / "address").write_text(mac + "\n")
        (device / "driver").symlink_to(f"../../drivers/{driver}")

    def _detach(self, address: str) -> None:
        (self.root / "sys/bus/pci/devices" / address / "driver").unlink(missing_ok=True)
        shutil.rmtree(self.root / "sys/class/net" / INTERFACES[address][0], ignore_errors=True)

    def _probe(self, address: str) -> None:
        override = self.read(f"sys/bus/pci/devices/{address}/driver_override")
        driver = "ena" if override in ("", "(null)") else override
        loaded = (self.root / "sys/bus/pci/drivers" / driver).is_dir()
        if loaded and driver not in self.refused and not self.driver(address):
            self._attach(address, driver)

    def _serve(self) -> None:
        with selectors.DefaultSelector() as selector:
            for fifo, _ in self._fifos:
                selector.register(fifo, selectors.EVENT_READ)
            while not self._stop.is_set():
                ready = {key.fd for key, _ in selector.select(timeout=0.05)}
                for fifo, name in self._fifos:
                    if fifo in ready:
                        self._take(name, os.read(fifo, 4096).decode().split())

    def _take(self, name: str, addresses: list[str]) -> None:
        for address in addresses:
            self.written.append(f"{name} {address}")
            if name == "unbind":
                self._detach(address)
            else:
                self._probe(address)
