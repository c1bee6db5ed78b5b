"""What has to move so that all that the table needs on EC2 is this instance's: steps, each a call or two.

Where an address is does not matter, EC2 takes it from there; of prefixes and routes it does. What one of the four kinds
needs to know is asked for on its own, so that none waits for another.
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


@dataclass
class Plan:
    steps: list[Step] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)  # what the user has to create


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


def planners(
    ec2: Ec2, ports: list[Port], tables: list[dict], transit: list[str]
) -> list[Callable[[], Plan]]:
    """One for each kind. `tables` are VPC route tables, `transit` the names of Transit Gateway's."""
    return [
        lambda: Plan(list(_address_steps(ports))),
        lambda: Plan(list(_prefix_steps(ec2, ports))),
        lambda: _routes(ports, tables),
        lambda: _transit_routes(ec2, ports, transit),
    ]


def _address_steps(ports: list[Port]) -> Iterator[Step]:
    for port in ports:
        elsewhere = sorted(port.addresses - port.held)
        for batch in (elsewhere[i : i + BATCH] for i in range(0, len(elsewhere), BATCH)):
            move = {
                "NetworkInterfaceId": port.interface,
                "AllowReassignment": True,
                "PrivateIpAddresses": batch,
            }
            yield Step(f"{port.interface}: {' '.join(batch)}", ((ASSIGN, move),))


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
            yield Step(f"{port.interface}: {prefix}", calls)


def _routes(ports: list[Port], tables: list[dict]) -> Plan:
    plan, there = Plan(), set()
    for port in ports:
        for table in (table for table in tables if table["VpcId"] == port.vpc):
            for route in table["Routes"]:
                destination = route.get("DestinationCidrBlock")
                if destination not in port.routes:
                    continue
                there.add((port.vpc, destination))
                if route.get("NetworkInterfaceId") != port.interface:
                    replace = {
                        "RouteTableId": table["RouteTableId"],
                        "DestinationCidrBlock": destination,
                        "NetworkInterfaceId": port.interface,
                    }
                    text = f"{table['RouteTableId']}: {destination} to {port.interface}"
                    plan.steps.append(Step(text, ((REPLACE_ROUTE, replace),)))
    # Which tables are meant, nobody knows.
    wanted = {(port.vpc, destination) for port in ports for destination in port.routes}
    for _, destination in sorted(wanted - there):
        plan.missing.append(f"{destination}: no route table has a route to it: create it")
    return plan


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
            raise Failure(f"{table}: {vpcs[destination]} has no attachment to {gateways[table]}")
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
