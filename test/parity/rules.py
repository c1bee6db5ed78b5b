"""The same table for both: iptables rules in the two forms in which users write them, and natto's two files."""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network
from itertools import product
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
    Case,
    other,
)

# By side: real and mapped, of the prefix and then of each host.
RANGES = {
    side: [(f"{REAL_PREFIX[side]}0/24", f"{MAPPED_PREFIX[side]}0/24")]
    + [(f"{REAL_HOST[side]}{i}", f"{MAPPED_HOST[side]}{i}") for i in range(1, HOSTS + 1)]
    for side in SIDES
}


def may_talk(a: int, b: int) -> bool:
    """Whether the rules for pairs name range `a` of company a and range `b` of company b: half of them."""
    return (a + b) % 2 == 0


def nat(chain: str, *words: str) -> list[str]:
    return ["iptables", "-t", "nat", "-A", chain, *words]


def to_real(real: str, mapped: str) -> tuple[str, ...]:
    return ("NETMAP", "--to", real) if "/" in mapped else ("DNAT", "--to-destination", real)


def to_mapped(real: str, mapped: str) -> tuple[str, ...]:
    return ("NETMAP", "--to", mapped) if "/" in real else ("SNAT", "--to-source", mapped)


def rules_for_hosts(interface: dict[str, str]) -> Iterator[list[str]]:
    """Two rules for each host or prefix, which all of the other side reach."""
    for side in SIDES:
        beyond = interface[other(side)]
        for real, mapped in RANGES[side]:
            yield nat("PREROUTING", "-i", beyond, "-d", mapped, "-j", *to_real(real, mapped))
            yield nat("POSTROUTING", "-o", beyond, "-s", real, "-j", *to_mapped(real, mapped))


def rules_for_pairs(_interface: dict[str, str]) -> Iterator[list[str]]:
    """Four rules for each pair, as in README.md."""
    a, b = SIDES
    for i, j in product(range(len(RANGES[a])), range(len(RANGES[b]))):
        if not may_talk(i, j):
            continue
        for here, there in ((RANGES[a][i], RANGES[b][j]), (RANGES[b][j], RANGES[a][i])):
            yield nat("PREROUTING", "-s", here[0], "-d", there[1], "-j", *to_real(*there))
            yield nat("POSTROUTING", "-s", here[0], "-d", there[0], "-j", *to_mapped(*here))


FORMS = {"for_hosts": rules_for_hosts, "for_pairs": rules_for_pairs}


def iptables_commands(form: str, interface: dict[str, str]) -> list[list[str]]:
    """All rules; `interface` is the name of the one to each side."""
    commands = [*FORMS[form](interface), ["iptables", "-P", "FORWARD", "DROP"]]
    for side in SIDES:
        words = ["-i", interface[side], "-o", interface[other(side)]]
        sources, destinations = (
            ",".join(real for real, _ in RANGES[s]) for s in (side, other(side))
        )
        words += ["-s", sources, "-d", destinations, "-j", "ACCEPT"]
        commands.append(["iptables", "-A", "FORWARD", *words])
    return commands


def is_pair_without_a_rule(case: Case) -> bool:
    """Whether both ends of the case are mapped, and no rule for a pair names them together."""
    source, destination = (IPv4Address(case.packets[0][at : at + 4]) for at in (12, 16))
    here = [i for i, (real, _) in enumerate(RANGES[case.side]) if source in IPv4Network(real)]
    there = [
        i for i, (_, mapped) in enumerate(RANGES[other(case.side)]) if destination in IPv4Network(mapped)
    ]
    return bool(here and there) and not may_talk(here[0], there[0])


def write_natto_files(folder: Path) -> Path:
    """natto.toml, and the table beside it."""
    config = '[icmp]\nouter_source = "mapped-destination"\n[table]\nfile = "mappings.toml"\n'
    table = ""
    for index, side in enumerate(SIDES):
        config += (
            f'[[port]]\nrealm = "{side}"\ndevice = "unused{index}"\n'
            f'address = "{OWN[side]}/24"\nmtu = {MTU[side]}\n'
        )
        for real, mapped in RANGES[side]:
            name = f"{side}-{real}".replace("/", "-")
            table += (
                f'[[mapping]]\nname = "{name}"\nrealm = "{side}"\n'
                f'real = "{real}"\nmapped = "{mapped}"\n'
            )
    (folder / "natto.toml").write_text(config)
    (folder / "mappings.toml").write_text(table)
    return folder / "natto.toml"
