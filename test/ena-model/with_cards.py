#!/usr/bin/python3
"""Run a command that finds ENA cards: with_cards.py SETTINGS.json COMMAND...

In a mount namespace of its own, so that nothing of the machine is touched and all is gone afterwards:
/dev is one that the plug-in may add the cards' interrupts to, /sys/class/uio says whose they are, and
/sys/bus/pci/devices has the cards and nothing else. The command loads the plug-in: EAL's option -d ena_model.so.
Needs root.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

FIRST_DEVICE = 6
CARDS = Path("/dev/ena-cards")
REGISTER_BYTES = 1 << 16
MEMORY_BYTES = 32 << 20
# Of the lines of a card's `resource`: start, end, flags of memory that may be mapped (linux/ioport.h).
REGISTERS_FLAGS = 0x40200
MEMORY_FLAGS = 0x4220C


def mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)


def own_dev() -> None:
    """A /dev of our own, whose entries lead to the machine's."""
    CARDS_HOST = Path("/dev/.host")
    entries = os.listdir("/dev")
    staging = Path("/mnt")
    mount("--rbind", "/dev", str(staging))
    mount("-t", "tmpfs", "tmpfs", "/dev", "-o", "mode=755")
    CARDS_HOST.mkdir()
    mount("--move", str(staging), str(CARDS_HOST))
    for entry in entries:
        os.symlink(CARDS_HOST / entry, Path("/dev") / entry)


def own_sys_class() -> None:
    """A /sys/class with uio, and the machine's network interfaces."""
    (CARDS / "net").mkdir(parents=True)
    mount("--rbind", "/sys/class/net", str(CARDS / "net"))
    mount("-t", "tmpfs", "tmpfs", "/sys/class", "-o", "mode=755")
    Path("/sys/class/net").mkdir()
    Path("/sys/class/uio").mkdir()
    mount("--move", str(CARDS / "net"), "/sys/class/net")


def own_sys_bus() -> None:
    """A PCI bus whose only devices are the cards, on a machine without one as well."""
    bus = Path("/sys/bus/pci")
    mount("-t", "tmpfs", "tmpfs", str(bus if bus.exists() else bus.parent), "-o", "mode=755")
    devices = bus / "devices"
    devices.mkdir(parents=True)
    mount("--bind", str(CARDS / "pci"), str(devices))


def resource_line(start: int, size: int, flags: int) -> str:
    return f"0x{start:016x} 0x{start + size - 1:016x} 0x{flags:016x}\n"


def make_card(index: int, has_memory: bool) -> None:
    """What Linux shows of a card that igb_uio has."""
    number = FIRST_DEVICE + index
    card = CARDS / "pci" / f"0000:00:{number:02x}.0"
    (card / "uio" / f"uio{number}").mkdir(parents=True)
    for name, value in {
        "vendor": "0x1d0f",
        "device": "0xec20",
        "subsystem_vendor": "0x1d0f",
        "subsystem_device": "0xec20",
        "class": "0x020000",
        "max_vfs": "0",
        "numa_node": "-1",
    }.items():
        (card / name).write_text(value + "\n")
    none = f"0x{0:016x} 0x{0:016x} 0x{0:016x}\n"
    (card / "resource").write_text(
        resource_line(0xFE000000 + index * 0x100000, REGISTER_BYTES, REGISTERS_FLAGS)
        + none
        + (resource_line(0x100000000 + index * 0x10000000, MEMORY_BYTES, MEMORY_FLAGS) if has_memory else none)
        + none * 3
    )
    files = {"resource0": REGISTER_BYTES, "config": 256}
    if has_memory:
        files["resource2"] = MEMORY_BYTES
    for name, size in files.items():
        with open(card / name, "wb") as file:
            file.truncate(size)
    driver = CARDS / "drivers" / "igb_uio"
    driver.mkdir(parents=True, exist_ok=True)
    (card / "driver").symlink_to(driver)
    uio = Path("/sys/class/uio") / f"uio{number}"
    uio.mkdir()
    (uio / "device").symlink_to(card)


def main() -> None:
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    if os.environ.pop("ENA_MODEL_UNSHARED", None) is None:
        os.environ["ENA_MODEL_UNSHARED"] = "1"
        os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", *sys.argv])
    settings, *command = sys.argv[1:]
    cards = json.loads(Path(settings).read_text())["cards"]
    own_dev()
    CARDS.mkdir()
    own_sys_class()
    for index, card in enumerate(cards):
        make_card(index, card.get("memory_bar", True))
    own_sys_bus()
    os.environ["ENA_MODEL_FOLDER"] = str(CARDS / "pci")
    os.environ["ENA_MODEL_SETTINGS"] = os.path.abspath(settings)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()
