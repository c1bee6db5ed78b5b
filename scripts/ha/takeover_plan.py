"""What has to move so that all that the table needs on EC2 is this instance's: steps, each a call or two.

Where an address is does not matter, EC2 takes it from there; of prefixes and routes it does. What one of the four kinds
needs to know is asked for on its own, so that none waits for another, or fails with it.

A route may lead to somebody else for a reason, as to a firewall. It is replaced only if it leads nowhere or to the other
of the pair, or if its table was named.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from takeover_ec2 import ASSIGN, REPLACE_ROUTE, REPLACE_TRANSIT_ROUTE, UNASSIGN, Ec2

BATCH = 30  # addresses of one call


class Failure(Exception):
    """Something that the user has to see to."""


@dataclass(frozen=True)
class Step:
    """Calls that follow each other; steps do not wait for each other."""

    text: str
    calls: tuple[tuple[str, dict], ...]
    free: bool = False  # nobody has it


@dataclass
class Plan:
    steps: list[Step] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)  # what the user has to create or to say
    left: list[str] = field(default_factory=list)  # what stays as it is, on purpose


@dataclass(frozen=True)
class Port:
    """What one network interface of this instance is to have, and what it has."""

    realm: str
    interface: str
    subnet: str
    vpc: str
    addresses: frozenset[str]
    prefixes: frozenset[str]
    routes: frozenset[str]
    held: frozenset[str]  # addresses and prefixes


def ports_of(wanted: dict, own: list[dict]) -> list[Port]:
    """`wanted` is what `natto export` says, `own` are this instance's network interfaces."""
    by_address = {
        address["PrivateIpAddress"]: interface
        for interface in own
        for address in interface["PrivateIpAddresses"]
    }
    ports = []
    for port in wanted["ports"]:
        address = port["address"].split("/")[0]
        interface = by_address.get(address)
        if interface is None:
            raise Failure(f"realm {port['realm']}: this instance has no network interface with {address}")
        held = [a["PrivateIpAddress"] for a in interface["PrivateIpAddresses"]] + prefixes_of(interface)
        ports.append(
            Port(
                port["realm"],
                interface["NetworkInterfaceId"],
                interface["SubnetId"],
                interface["VpcId"],
                frozenset(item["address"] for item in port["addresses"]),
                frozenset(item["prefix"] for item in port["prefixes"]),
                frozenset(item["destination"] for item in port["routes"]),
                frozenset(held),
            )
        )
    return ports


def prefixes_of(interface: dict) -> list[str]:
    return [prefix["Ipv4Prefix"] for prefix in interface.get("Ipv4Prefixes", [])]


def from_whom(ec2: Ec2, ports: list[Port]) -> list[str]:
    """Of each address that would move and is somebody's, a line of whose."""
    subnets = {port.subnet for port in ports if port.addresses - port.held}
    holders = {
        address["PrivateIpAddress"]: interface["NetworkInterfaceId"]
        for interface in ec2.interfaces("subnet-id", subnets)
        for address in interface["PrivateIpAddresses"]
    }
    moving = sorted(set().union(*(port.addresses - port.held for port in ports)))
    return [f"{address} is {holders[address]}'s" for address in moving if address in holders]


def planners(
    ec2: Ec2,
    ports: list[Port],
    tables: Callable[[], list[dict]],
    peers: Callable[[], set[str]],
    named: list[str],
    transit: list[str],
) -> list[Callable[[], Plan]]:
    """One for each kind.

    `tables` waits for the VPC route tables, `peers` for the network interfaces of the other instances; `named` are the
    only VPC route tables to change, if there are any, `transit` those of Transit Gateways.
    """
    return [
        lambda: Plan(list(_address_steps(ports))),
        lambda: Plan(list(_prefix_steps(ec2, ports))),
        lambda: _routes(ports, tables(), peers, named),
        lambda: _transit_routes(ec2, ports, transit),
    ]


def _address_steps(ports: list[Port]) -> Iterator[Step]:
    for port in ports:
        elsewhere = sorted(port.addresses - port.held)
        for batch in (elsewhere[i : i + BATCH] for i in range(0, len(elsewhere), BATCH)):
            yield address_step(port.interface, batch)


def address_step(interface: str, addresses: list[str]) -> Step:
    move = {
        "NetworkInterfaceId": interface,
        "AllowReassignment": True,
        "PrivateIpAddresses": addresses,
    }
    return Step(f"{interface}: {' '.join(addresses)}", ((ASSIGN, move),))


def halves(step: Step) -> list[Step]:
    """The same in two, if it is of several addresses."""
    ((_, move), *_) = step.calls
    addresses = move.get("PrivateIpAddresses", [])
    middle = len(addresses) // 2
    parts = (addresses[:middle], addresses[middle:]) if middle else ()
    return [address_step(move["NetworkInterfaceId"], part) for part in parts]


def _prefix_steps(ec2: Ec2, ports: list[Port]) -> Iterator[Step]:
    """EC2 does not take a prefix from the one that has it."""
    subnets = {port.subnet for port in ports if port.prefixes - port.held}
    neighbours = ec2.interfaces("subnet-id", subnets)
    holders = {prefix: i["NetworkInterfaceId"] for i in neighbours for prefix in prefixes_of(i)}
    for port in ports:
        for prefix in sorted(port.prefixes - port.held):
            holder = holders.get(prefix)
            take = (UNASSIGN, {"NetworkInterfaceId": holder, "Ipv4Prefixes": [prefix]})
            give = (ASSIGN, {"NetworkInterfaceId": port.interface, "Ipv4Prefixes": [prefix]})
            calls = (take, give) if holder else (give,)
            whose = f", from {holder}" if holder else ""
            yield Step(f"{port.interface}: {prefix}{whose}", calls, free=not holder)


def _routes(
    ports: list[Port], tables: list[dict], peers: Callable[[], set[str]], named: list[str]
) -> Plan:
    plan, here, elsewhere = Plan(), set(), {}
    for port in ports:
        for table in (table for table in tables if table["VpcId"] == port.vpc):
            name = table["RouteTableId"]
            for route in table["Routes"]:
                destination = route.get("DestinationCidrBlock")
                if destination not in port.routes:
                    continue
                target = target_of(route)
                blackhole = route.get("State") == "blackhole"
                if named:
                    may = name in named
                else:
                    may = target == port.interface or blackhole or target in peers()
                if not may:
                    text = f"{name}: {destination} leads to {target}: left as it is"
                    elsewhere.setdefault((port.vpc, destination), []).append(text)
                    continue
                here.add((port.vpc, destination))
                if target != port.interface:
                    replace = {
                        "RouteTableId": name,
                        "DestinationCidrBlock": destination,
                        "NetworkInterfaceId": port.interface,
                    }
                    text = f"{name}: {destination} to {port.interface}, from {target}"
                    plan.steps.append(Step(text, ((REPLACE_ROUTE, replace),), free=blackhole))
    plan.left = [text for texts in elsewhere.values() for text in texts]
    # Which tables are meant, nobody knows.
    wanted = {(port.vpc, destination) for port in ports for destination in port.routes}
    for vpc, destination in sorted(wanted - here):
        if (vpc, destination) in elsewhere:
            plan.missing.append(
                f"{destination}: no route to it leads to this instance or to the other of the pair: name the other"
                " (--peer, or [ha] peer in natto.toml) or the table (--route-table)"
            )
        else:
            plan.missing.append(f"{destination}: no route table has a route to it: create it")
    return plan


def target_of(route: dict) -> str | None:
    """What it leads to: DescribeRouteTables names it by one of several members."""
    of_kinds = ("NetworkInterfaceId", "GatewayId", "NatGatewayId", "TransitGatewayId", "VpcPeeringConnectionId")
    return next((route[kind] for kind in of_kinds if route.get(kind)), None)


def _transit_routes(ec2: Ec2, ports: list[Port], tables: list[str]) -> Plan:
    """A route of a Transit Gateway leads to a VPC, by its attachment."""
    plan = Plan()
    vpcs = {destination: port.vpc for port in reversed(ports) for destination in port.routes}
    if not tables or not vpcs:
        return plan
    gateways = ec2.gateways(tables)
    attachments = {
        (a["TransitGatewayId"], a["VpcId"]): a["TransitGatewayAttachmentId"]
        for a in ec2.attachments(set(vpcs.values()))
        if a["State"] == "available"
    }
    wanted = [(table, destination) for table in tables for destination in sorted(vpcs)]
    with ThreadPoolExecutor() as pool:
        routes = list(pool.map(lambda one: ec2.transit_route(*one), wanted))
    for (table, destination), route in zip(wanted, routes, strict=True):
        attachment = attachments.get((gateways[table], vpcs[destination]))
        if attachment is None:
            plan.missing.append(f"{table}: {vpcs[destination]} has no attachment to {gateways[table]}")
            continue
        if route is None:
            plan.missing.append(f"{table}: it has no static route to {destination}: create it")
            continue
        leads_to = {a["TransitGatewayAttachmentId"] for a in route.get("TransitGatewayAttachments", [])}
        if leads_to != {attachment}:
            replace = {
                "TransitGatewayRouteTableId": table,
                "DestinationCidrBlock": destination,
                "TransitGatewayAttachmentId": attachment,
            }
            text = f"{table}: {destination} to {attachment}"
            plan.steps.append(Step(text, ((REPLACE_TRANSIT_ROUTE, replace),)))
    return plan
