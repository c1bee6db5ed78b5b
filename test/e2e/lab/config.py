"""natto.toml and mappings.toml for the lab's links."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


CARD = "net_ena"


def card_address(index: int) -> str:
    """Where with_cards.py of test/ena-model puts a card."""
    return f"0000:00:{6 + index:02x}.0"


@dataclass(frozen=True)
class Port:
    """A [[port]] on the lab's interface of that name."""

    realm: str
    interface: str
    address: str
    gateway: str | None = None
    mtu: int = 1500
    # net_af_packet joins an interface that is there, net_tap makes one, CARD is one of cards.py
    driver: str = "net_af_packet"
    checksum_offload: str = "auto"
    tcp_mss_clamp: str = "off"
    kernel_interface: str | None = None
    kernel_packets_per_second: int = 10_000


@dataclass(frozen=True)
class Mapping:
    """A [[mapping]]."""

    name: str
    realm: str
    real: str
    mapped: str


def dpdk_toml(workers: int, eal: Sequence[str]) -> str:
    """A core each for control and the workers, or as many as there are, shared."""
    cpus = sorted(os.sched_getaffinity(0))
    if len(cpus) > workers:
        lcores = ",".join(str(cpu) for cpu in cpus[1 : workers + 1])
        main_lcore = cpus[0]
    else:
        lcores, main_lcore = f"1-{workers}", 0
        shared = ",".join(f"{lcore}@{cpus[lcore % len(cpus)]}" for lcore in range(workers + 1))
        eal = ["--lcores", shared, *eal]
    eal_toml = f"eal = {json.dumps([*eal])}\n" if eal else ""
    return f'[dpdk]\nmain_lcore = {main_lcore}\nlcores = "{lcores}"\n{eal_toml}'


def _device(index: int, port: Port, queues: int) -> str:
    if port.driver == CARD:
        return card_address(index)
    queue_pairs = f",qpairs={queues}" if queues > 1 else ""
    return f"{port.driver}{index},iface={port.interface}{queue_pairs}"


def _port_toml(index: int, port: Port, queues: int) -> str:
    gateway = f'gateway = "{port.gateway}"\n' if port.gateway else ""
    kernel = (
        f'kernel_interface = "{port.kernel_interface}"\n'
        f"kernel_packets_per_second = {port.kernel_packets_per_second}\n"
        if port.kernel_interface
        else ""
    )
    return (
        "[[port]]\n"
        f'realm = "{port.realm}"\n'
        f'device = "{_device(index, port, queues)}"\n'
        f'address = "{port.address}"\n{gateway}'
        f"mtu = {port.mtu}\n"
        f'checksum_offload = "{port.checksum_offload}"\n'
        f'tcp_mss_clamp = "{port.tcp_mss_clamp}"\n{kernel}'
    )


def _icmp_toml(icmp: dict[str, str | int]) -> str:
    # A Python string without special characters is a TOML string.
    return "[icmp]\n" + "".join(f"{key} = {value!r}\n" for key, value in icmp.items())


def natto_toml(
    ports: list[Port],
    table: Path,
    workers: int,
    icmp: dict[str, str | int],
    eal: Sequence[str] = (),
) -> str:
    """The text of a natto.toml, with a queue pair for each worker on every port; `eal` are options of DPDK's."""
    sections = [dpdk_toml(workers, eal)]
    sections += [_port_toml(index, port, workers) for index, port in enumerate(ports)]
    sections += [_icmp_toml(icmp), f'[table]\nfile = "{table}"\n']
    return "\n".join(sections)


def mappings_toml(mappings: list[Mapping]) -> str:
    """The text of a mappings.toml."""
    return "\n".join(
        "[[mapping]]\n"
        f'name = "{mapping.name}"\n'
        f'realm = "{mapping.realm}"\n'
        f'real = "{mapping.real}"\n'
        f'mapped = "{mapping.mapped}"\n'
        for mapping in mappings
    )
