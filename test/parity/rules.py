"""The same table for both: iptables rules as users write them, and natto's two files."""

from pathlib import Path

from cases import (
    HOSTS,
    MAPPED_HOST,
    MAPPED_PREFIX,
    MTU,
    OWN,
    REAL_HOST,
    REAL_PREFIX,
    SIDES,
    other,
)


def iptables_commands(interface: dict[str, str]) -> list[list[str]]:
    """The rules; `interface` is the name of the one to each side."""
    commands = []

    def nat(chain: str, *words: str) -> None:
        commands.append(["iptables", "-t", "nat", "-A", chain, *words])

    for side in SIDES:
        into, out = interface[other(side)], interface[other(side)]
        for i in range(1, HOSTS + 1):
            real, mapped = f"{REAL_HOST[side]}{i}", f"{MAPPED_HOST[side]}{i}"
            nat("PREROUTING", "-i", into, "-d", mapped, "-j", "DNAT", "--to-destination", real)
            nat("POSTROUTING", "-o", out, "-s", real, "-j", "SNAT", "--to-source", mapped)
        real, mapped = f"{REAL_PREFIX[side]}0/24", f"{MAPPED_PREFIX[side]}0/24"
        nat("PREROUTING", "-i", into, "-d", mapped, "-j", "NETMAP", "--to", real)
        nat("POSTROUTING", "-o", out, "-s", real, "-j", "NETMAP", "--to", mapped)
    commands.append(["iptables", "-P", "FORWARD", "DROP"])
    real_ranges = {
        side: [f"{REAL_HOST[side]}{i}" for i in range(1, HOSTS + 1)] + [f"{REAL_PREFIX[side]}0/24"]
        for side in SIDES
    }
    for side in SIDES:
        words = ["-i", interface[side], "-o", interface[other(side)]]
        sources, destinations = ",".join(real_ranges[side]), ",".join(real_ranges[other(side)])
        words += ["-s", sources, "-d", destinations, "-j", "ACCEPT"]
        commands.append(["iptables", "-A", "FORWARD", *words])
    return commands


def write_natto_files(folder: Path) -> Path:
    """natto.toml, and the table beside it."""
    config = '[icmp]\nouter_source = "mapped-destination"\n[table]\nfile = "mappings.toml"\n'
    table = ""
    for index, side in enumerate(SIDES):
        config += (
            f'[[port]]\nrealm = "{side}"\ndevice = "unused{index}"\n'
            f'address = "{OWN[side]}/24"\nmtu = {MTU[side]}\n'
        )
        ranges = [(f"{REAL_HOST[side]}{i}", f"{MAPPED_HOST[side]}{i}") for i in range(1, HOSTS + 1)]
        ranges.append((f"{REAL_PREFIX[side]}0/24", f"{MAPPED_PREFIX[side]}0/24"))
        for real, mapped in ranges:
            name = f"{side}-{real}".replace("/", "-")
            table += (
                f'[[mapping]]\nname = "{name}"\nrealm = "{side}"\n'
                f'real = "{real}"\nmapped = "{mapped}"\n'
            )
    (folder / "natto.toml").write_text(config)
    (folder / "mappings.toml").write_text(table)
    return folder / "natto.toml"
