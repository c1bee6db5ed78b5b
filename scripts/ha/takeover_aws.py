"""Move what the table needs on EC2 to the network interfaces of this instance: natto-takeover aws.

What that is, `natto export --to aws` says: mapped addresses and prefixes in the ports' subnets, and routes to others.
What is here already is left alone, so that it can be run again at any time, and goes on where it was interrupted. All
calls run side by side, those that AWS throttles again and again. In the end it looks whether all has arrived. Two
instances that both do this do it once each: the last one has everything.
"""

import argparse
import itertools
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

try:
    import boto3
    import botocore.config
    import botocore.exceptions
except ImportError:
    sys.exit("natto-takeover aws: boto3 is missing: apt install python3-boto3")

# Every call of this program: --policy allows these and no others.
DESCRIBE_INTERFACES = "describe_network_interfaces"
DESCRIBE_ROUTES = "describe_route_tables"
ASSIGN = "assign_private_ip_addresses"
UNASSIGN = "unassign_private_ip_addresses"
REPLACE_ROUTE = "replace_route"
CALLS = (DESCRIBE_INTERFACES, DESCRIBE_ROUTES, ASSIGN, UNASSIGN, REPLACE_ROUTE)

BATCH = 30  # addresses of one call
AT_ONCE = 8  # calls
FAILED, SYSTEM_REFUSED = 1, 3


class Failure(Exception):
    """Something that the user has to see to."""


@dataclass(frozen=True)
class Step:
    """Calls that follow each other; steps do not wait for each other."""

    text: str
    calls: tuple[tuple[str, dict], ...]


@dataclass(frozen=True)
class Port:
    """What one network interface of this instance is to have."""

    realm: str
    interface: str
    subnet: str
    vpc: str
    addresses: frozenset[str]
    prefixes: frozenset[str]
    routes: frozenset[str]


class Ec2:
    def __init__(self, region: str | None, endpoint: str | None) -> None:
        config = botocore.config.Config(
            retries={"mode": "standard", "max_attempts": 12},
            connect_timeout=3,
            read_timeout=15,
            max_pool_connections=AT_ONCE,
        )
        self._client = boto3.client(
            "ec2", region_name=region, endpoint_url=endpoint, config=config
        )

    def call(self, name: str, **parameters: object) -> dict:
        assert name in CALLS
        return getattr(self._client, name)(**parameters)

    def interfaces(self, key: str, values: Iterable[str]) -> list[dict]:
        return self._pages(DESCRIBE_INTERFACES, "NetworkInterfaces", key, values)

    def route_tables(self, key: str, values: Iterable[str]) -> list[dict]:
        return self._pages(DESCRIBE_ROUTES, "RouteTables", key, values)

    def _pages(self, name: str, member: str, key: str, values: Iterable[str]) -> list[dict]:
        found, token = [], {}
        while True:
            page = self.call(name, Filters=[{"Name": key, "Values": sorted(values)}], **token)
            found += page[member]
            if not page.get("NextToken"):
                return found
            token = {"NextToken": page["NextToken"]}


def this_instance() -> str:
    """From the instance's metadata."""
    base = "http://169.254.169.254/latest/"
    ask = urllib.request.Request(
        base + "api/token", method="PUT", headers={"X-aws-ec2-metadata-token-ttl-seconds": "60"}
    )
    try:
        token = urllib.request.urlopen(ask, timeout=2).read().decode()
        ask = urllib.request.Request(
            base + "meta-data/instance-id", headers={"X-aws-ec2-metadata-token": token}
        )
        return urllib.request.urlopen(ask, timeout=2).read().decode()
    except OSError as error:
        raise Failure(f"no instance metadata ({error}): give --instance") from error


def exported(config: str) -> dict:
    words = ["natto", "export", "-c", config, "--to", "aws"]
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(f"{' '.join(words)}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def ports_of(wanted: dict, own: list[dict]) -> list[Port]:
    """`own` are this instance's network interfaces."""
    by_address = {
        address["PrivateIpAddress"]: interface
        for interface in own
        for address in interface["PrivateIpAddresses"]
    }
    ports = []
    for port in wanted["ports"]:
        needs = {
            key: frozenset(item[member] for item in port[key])
            for key, member in (
                ("addresses", "address"),
                ("prefixes", "prefix"),
                ("routes", "destination"),
            )
        }
        address = port["address"].split("/")[0]
        interface = by_address.get(address)
        if interface is None:
            raise Failure(f"realm {port['realm']}: this instance has no network interface with {address}")
        ports.append(
            Port(
                port["realm"],
                interface["NetworkInterfaceId"],
                interface["SubnetId"],
                interface["VpcId"],
                **needs,
            )
        )
    return ports


class Move:
    """What is where, and what is to be done about it."""

    def __init__(self, ec2: Ec2, ports: list[Port]) -> None:
        self._ports = ports
        neighbours = ec2.interfaces("subnet-id", {port.subnet for port in ports})
        self._addresses = {
            (i["SubnetId"], a["PrivateIpAddress"]): i["NetworkInterfaceId"]
            for i in neighbours
            for a in i["PrivateIpAddresses"]
        }
        self._prefixes = {
            (i["SubnetId"], p["Ipv4Prefix"]): i["NetworkInterfaceId"]
            for i in neighbours
            for p in i.get("Ipv4Prefixes", [])
        }
        routed = {port.vpc for port in ports if port.routes}
        self._routes = [
            (table["VpcId"], table["RouteTableId"], route["DestinationCidrBlock"], route)
            for table in (ec2.route_tables("vpc-id", routed) if routed else [])
            for route in table["Routes"]
            if "DestinationCidrBlock" in route
        ]

    def missing_routes(self) -> list[str]:
        """Destinations that no table has a route to: which tables are meant, nobody knows."""
        there = {(vpc, destination) for vpc, _, destination, _ in self._routes}
        return sorted(d for port in self._ports for d in port.routes if (port.vpc, d) not in there)

    def steps(self) -> Iterator[Step]:
        for port in self._ports:
            elsewhere = sorted(
                a for a in port.addresses if self._addresses.get((port.subnet, a)) != port.interface
            )
            for batch in (elsewhere[i : i + BATCH] for i in range(0, len(elsewhere), BATCH)):
                move = {
                    "NetworkInterfaceId": port.interface,
                    "AllowReassignment": True,
                    "PrivateIpAddresses": batch,
                }
                yield Step(f"{port.interface}: {' '.join(batch)}", ((ASSIGN, move),))
            for prefix in sorted(port.prefixes):
                holder = self._prefixes.get((port.subnet, prefix))
                if holder != port.interface:
                    yield self._prefix_step(port, prefix, holder)
            for vpc, table, destination, route in self._routes:
                if vpc == port.vpc and destination in port.routes and (
                    route.get("NetworkInterfaceId") != port.interface
                ):
                    replace = {
                        "RouteTableId": table,
                        "DestinationCidrBlock": destination,
                        "NetworkInterfaceId": port.interface,
                    }
                    yield Step(f"{table}: {destination} to {port.interface}", ((REPLACE_ROUTE, replace),))

    @staticmethod
    def _prefix_step(port: Port, prefix: str, holder: str | None) -> Step:
        take = (UNASSIGN, {"NetworkInterfaceId": holder, "Ipv4Prefixes": [prefix]})
        give = (ASSIGN, {"NetworkInterfaceId": port.interface, "Ipv4Prefixes": [prefix]})
        return Step(f"{port.interface}: {prefix}", (take, give) if holder else (give,))


def carry_out(ec2: Ec2, steps: list[Step]) -> list[str]:
    """What went wrong, a line each. A step that fails holds up no other."""

    def one(step: Step) -> None:
        for name, parameters in step.calls:
            ec2.call(name, **parameters)

    errors = []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for done in as_completed(running := {pool.submit(one, step): step for step in steps}):
            text = running[done].text
            error = done.exception()
            if error is None:
                print(f"moved {text}", flush=True)
            elif isinstance(error, botocore.exceptions.BotoCoreError | botocore.exceptions.ClientError):
                errors.append(f"{text}: {error}")
            else:
                raise error
    return errors


def still_elsewhere(ec2: Ec2, ports: list[Port], seconds: float) -> list[Step]:
    """What has not arrived in time: AWS says so a moment after it was done."""
    deadline = time.monotonic() + seconds
    for pause in itertools.chain((0.2, 0.5), itertools.repeat(1)):
        left = list(Move(ec2, ports).steps())
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(pause)
    raise AssertionError


def policy() -> str:
    """An IAM policy that allows what this program does."""
    actions = ["ec2:" + "".join(word.title() for word in name.split("_")) for name in CALLS]
    statement = {"Effect": "Allow", "Action": sorted(actions), "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=2)


def take_over(options: argparse.Namespace) -> None:
    began = time.monotonic()
    ec2 = Ec2(options.region, options.endpoint)
    instance = options.instance or this_instance()
    ports = ports_of(exported(options.config), ec2.interfaces("attachment.instance-id", [instance]))
    move = Move(ec2, ports)
    steps = list(move.steps())
    if options.dry_run:
        print("\n".join(f"would move {step.text}" for step in steps) or "all is here")
        return
    errors = carry_out(ec2, steps)
    errors += [f"{d}: no route table has a route to it: create it" for d in move.missing_routes()]
    left = [] if errors or not steps else still_elsewhere(ec2, ports, options.wait)
    errors += [f"{step.text}: has not arrived" for step in left]
    if errors:
        raise Failure("\n".join(errors))
    print(f"all is here: {len(steps)} moves in {time.monotonic() - began:.1f} s")


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="natto-takeover aws",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("-c", "--config", default="/etc/natto/natto.toml", help="(/etc/natto/natto.toml)")
    parser.add_argument("--instance", help="its id; else the metadata's")
    parser.add_argument("--region", help="else that of the environment or of ~/.aws/config")
    parser.add_argument("--endpoint", metavar="URL", help="of EC2, as a VPC endpoint's; else the region's")
    parser.add_argument("--wait", type=float, default=60, help="seconds for all to arrive (60)")
    parser.add_argument("--dry-run", action="store_true", help="say what would be moved")
    parser.add_argument("--policy", action="store_true", help="print the IAM policy that this needs")
    options = parser.parse_args()
    if options.policy:
        print(policy())
        return 0
    try:
        take_over(options)
    except Failure as error:
        print(error, file=sys.stderr)
        return FAILED
    except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
        print(f"AWS: {error}", file=sys.stderr)
        return SYSTEM_REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main())
