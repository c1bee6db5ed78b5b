"""Random rules for a random table: about hosts, parts of prefixes, realms and lists of them."""

import random
import tomllib
from ipaddress import IPv4Network

from policy import NAMES, WITH_PORTS

SERVICES = ["443", 53, "8000-8099", "40000", "22-442", "0-52", "8100-65535", "5000-5000", "0-65535"]


def random_policy(rng: random.Random, table: str) -> str:
    """[policy], [[allow]] and [[limit]] sections for the mappings of `table`."""
    mappings = tomllib.loads(table)["mapping"]
    text = f'[policy]\ndefault = "{rng.choice(["deny"] * 7 + ["allow"])}"\n'
    text += f'answer = "{rng.choice(["prohibited", "drop"])}"\n'
    for number in range(rng.randrange(1, 15)):
        text += f'[[allow]]\nname = "rule-{number}"\n{sides(rng, mappings)}{services(rng)}'
    # Replay has no clock: none of these may stop anything.
    return text + f'[[limit]]\nname = "one"\nto = "{realm(rng, mappings)}"\npackets_per_second = 1\n'


def sides(rng: random.Random, mappings: list[dict]) -> str:
    if rng.random() < 0.2:
        return f"between = {[*two_ends(rng, mappings)]}\n"
    text = ""
    for side, first in zip(("from", "to"), two_ends(rng, mappings)):
        more = [end(rng, mappings) for _ in range(rng.choice([0, 0, 3, 8]))]
        text += f"{side} = {[first, *more] if more else first!r}\n"
    return text


def two_ends(rng: random.Random, mappings: list[dict]) -> tuple[str, str]:
    """Of which not both are hosts: a host and itself would be refused as a rule that allows nothing."""
    ends = end(rng, mappings), rng.choice([realm, part, covering])(rng, mappings)
    return ends if rng.random() < 0.5 else ends[::-1]


def end(rng: random.Random, mappings: list[dict]) -> str:
    return rng.choice([realm, host, part, covering])(rng, mappings)


def realm(rng: random.Random, mappings: list[dict]) -> str:
    return f"realm:{rng.choice(mappings)['realm']}"


def host(rng: random.Random, mappings: list[dict]) -> str:
    return rng.choice([m for m in mappings if "/" not in m["real"]])["name"]


def part(rng: random.Random, mappings: list[dict]) -> str:
    """All of a prefix, or its first or second half; no more than one realm may be meant."""
    mapping = rng.choice([m for m in mappings if "/" in m["real"]])
    real = IPv4Network(mapping["real"])
    if rng.random() < 0.3 or real.prefixlen == 31:
        return mapping["name"]
    return f"{mapping['realm']}:{rng.choice(list(real.subnets()))}"


def covering(rng: random.Random, mappings: list[dict]) -> str:
    """A prefix around a host or inside of a mapping, or both; without a realm where only one has such addresses."""
    mapping = rng.choice(mappings)
    first = IPv4Network(mapping["real"])[0]
    prefix = IPv4Network((first, rng.choice([8, 14, 20, 26])), strict=False)
    having = {m["realm"] for m in mappings if IPv4Network(m["real"]).overlaps(prefix)}
    return f"{prefix}" if len(having) == 1 else f"{mapping['realm']}:{prefix}"


def services(rng: random.Random) -> str:
    """A line for protocol and one for ports, or neither."""
    kind = rng.random()
    if kind < 0.05:
        return ""
    if kind < 0.2:
        return f"protocol = {rng.sample(list(NAMES), rng.randrange(1, 5))}\n"
    if kind < 0.4:
        return f"protocol = {rng.choice(['icmp', 'icmp', 'tcp', 'sctp', 2, 4, 41, 47, 50, 253])!r}\n"
    ports = f"ports = {rng.sample(SERVICES, rng.randrange(1, 4))}\n"
    if kind < 0.6:
        return ports
    names = [name for name, number in NAMES.items() if number in WITH_PORTS]
    return f"protocol = {rng.sample(names, rng.randrange(1, 4))}\n{ports}"
