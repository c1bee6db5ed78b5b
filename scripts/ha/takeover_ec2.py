"""EC2's calls of natto-takeover aws, and the IAM policy that allows them."""

import itertools
import json
import random
import sys
import time
from collections.abc import Iterable, Iterator

import boto3
import botocore.config
import botocore.exceptions

# What goes wrong with AWS.
ERRORS = (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError)
THROTTLED = ("RequestLimitExceeded", "Throttling", "ThrottlingException", "EC2ThrottledException")

DESCRIBE_INTERFACES = "describe_network_interfaces"
DESCRIBE_ROUTES = "describe_route_tables"
ASSIGN = "assign_private_ip_addresses"
UNASSIGN = "unassign_private_ip_addresses"
REPLACE_ROUTE = "replace_route"
CALLS = (DESCRIBE_INTERFACES, DESCRIBE_ROUTES, ASSIGN, UNASSIGN, REPLACE_ROUTE)

# Only where there are Transit Gateway tables to change.
DESCRIBE_TRANSIT_TABLES = "describe_transit_gateway_route_tables"
DESCRIBE_ATTACHMENTS = "describe_transit_gateway_vpc_attachments"
SEARCH_TRANSIT_ROUTES = "search_transit_gateway_routes"
REPLACE_TRANSIT_ROUTE = "replace_transit_gateway_route"
TRANSIT_CALLS = (
    DESCRIBE_TRANSIT_TABLES,
    DESCRIBE_ATTACHMENTS,
    SEARCH_TRANSIT_ROUTES,
    REPLACE_TRANSIT_ROUTE,
)

# What IAM can limit these calls to, and the option that names the table, of those that have one: without it, or for
# an interface, it is all of that kind. Calls that are not here it cannot limit.
LIMITED_TO = {
    ASSIGN: ("network-interface", None),
    UNASSIGN: ("network-interface", None),
    REPLACE_ROUTE: ("route-table", "routes"),
    REPLACE_TRANSIT_ROUTE: ("transit-gateway-route-table", "transit"),
}

AT_ONCE = 8  # calls
MOST_VALUES = 200  # of a filter


def default_region() -> str | None:
    """Of the environment or ~/.aws/config: boto3 does not ask the instance."""
    return boto3.session.Session().region_name


def partition_of(region: str) -> str:
    """ "aws", mostly."""
    return boto3.session.Session().get_partition_for_region(region)


class Ec2:
    """Any thread may call it. Errors are ERRORS."""

    def __init__(self, region: str, endpoint: str | None, patience: float) -> None:
        """Calls that may go well the next time are repeated for `patience` seconds after the last grant()."""
        self._patience = patience
        self.grant()
        config = botocore.config.Config(
            retries={"mode": "standard", "total_max_attempts": 1},  # see call()
            connect_timeout=3,
            read_timeout=min(15, max(1, patience / 4)),
            max_pool_connections=2 * AT_ONCE,
        )
        self._client = boto3.client(
            "ec2", region_name=region, endpoint_url=endpoint, config=config
        )

    def call(self, name: str, **parameters: object) -> dict:
        assert name in CALLS + TRANSIT_CALLS
        if self._given_up:
            raise self._given_up
        for pause in _pauses():
            try:
                return getattr(self._client, name)(**parameters)
            except ERRORS as error:
                if not _may_pass(error):
                    raise
                if time.monotonic() + pause > self._until:
                    self._given_up = error
                    raise
                print(f"{name}: {_in_short(error)}: again in {pause:.1f} s\n", end="", file=sys.stderr, flush=True)
            time.sleep(pause)
        raise AssertionError

    def grant(self) -> None:
        """The time for repeated calls begins anew. When it is over, all calls fail with the first that was given up."""
        self._given_up: Exception | None = None
        self._until = time.monotonic() + self._patience

    def interfaces(self, key: str, values: Iterable[str]) -> list[dict]:
        return self._described(DESCRIBE_INTERFACES, "NetworkInterfaces", key, values)

    def route_tables(self, destinations: Iterable[str]) -> list[dict]:
        """Those with a route to any of them."""
        found = self._described(
            DESCRIBE_ROUTES, "RouteTables", "route.destination-cidr-block", destinations
        )
        return list({table["RouteTableId"]: table for table in found}.values())

    def attachments(self, vpcs: Iterable[str]) -> list[dict]:
        """Of VPCs to Transit Gateways."""
        return self._described(DESCRIBE_ATTACHMENTS, "TransitGatewayVpcAttachments", "vpc-id", vpcs)

    def gateways(self, tables: list[str]) -> dict[str, str]:
        """The Transit Gateway of each of these route tables."""
        found = self.call(DESCRIBE_TRANSIT_TABLES, TransitGatewayRouteTableIds=tables)
        return {
            table["TransitGatewayRouteTableId"]: table["TransitGatewayId"]
            for table in found["TransitGatewayRouteTables"]
        }

    def transit_route(self, table: str, destination: str) -> dict | None:
        """The static route to exactly that."""
        found = self.call(
            SEARCH_TRANSIT_ROUTES,
            TransitGatewayRouteTableId=table,
            Filters=[{"Name": "route-search.exact-match", "Values": [destination]}],
        )
        return next((route for route in found["Routes"] if route["Type"] == "static"), None)

    def _described(self, name: str, member: str, key: str, values: Iterable[str]) -> list[dict]:
        found, wanted = [], sorted(values)
        for i in range(0, len(wanted), MOST_VALUES):
            filters, token = [{"Name": key, "Values": wanted[i : i + MOST_VALUES]}], {}
            while token is not None:
                page = self.call(name, Filters=filters, **token)
                found += page[member]
                token = {"NextToken": page["NextToken"]} if page.get("NextToken") else None
        return found


def _pauses() -> Iterator[float]:
    """Seconds, as AWS advises: longer each time, and by chance."""
    for attempt in itertools.count():
        yield random.uniform(0, min(2**attempt, 20))


def _in_short(error: Exception) -> str:
    """botocore adds that it does not try again itself."""
    return error.response["Error"]["Code"] if isinstance(error, botocore.exceptions.ClientError) else str(error)


def _may_pass(error: Exception) -> bool:
    if isinstance(error, botocore.exceptions.ClientError):
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        return status >= 500 or error.response["Error"]["Code"] in THROTTLED
    return isinstance(error, botocore.exceptions.HTTPClientError)


def may_be_of_one(error: Exception) -> bool:
    """One of the addresses of a call is wrong, or too many: the others may do without it."""
    if not isinstance(error, botocore.exceptions.ClientError):
        return False
    code = error.response["Error"]["Code"]
    return code.startswith("Invalid") or code == "PrivateIpAddressLimitExceeded"


def needed(ports: list[dict], transit: bool) -> list[str]:
    """The calls for what `natto export` says of these ports, and for Transit Gateway tables."""
    prefixes, routes = (any(port[kind] for port in ports) for kind in ("prefixes", "routes"))
    calls = [DESCRIBE_INTERFACES]
    if prefixes or any(port["addresses"] for port in ports):
        calls.append(ASSIGN)
    if prefixes:
        calls.append(UNASSIGN)
    if routes:
        calls += [DESCRIBE_ROUTES, REPLACE_ROUTE]
    if routes and transit:
        calls += TRANSIT_CALLS
    return calls


def policy(calls: Iterable[str], where: str, tables: dict[str, list[str]]) -> str:
    """An IAM policy that allows these calls, and no others.

    `where` is "PARTITION:ec2:REGION:ACCOUNT", `tables` has the names of route tables and those of Transit Gateways, if
    there are, as "routes" and "transit".
    """
    actions: dict[tuple[str, ...], list[str]] = {}
    for call in calls:
        resources = ["*"]
        if call in LIMITED_TO:
            kind, option = LIMITED_TO[call]
            resources = [f"arn:{where}:{kind}/{name}" for name in tables.get(option) or ["*"]]
        if call == REPLACE_TRANSIT_ROUTE:
            resources.append(f"arn:{where}:transit-gateway-attachment/*")
        name = "ec2:" + "".join(word.title() for word in call.split("_"))
        actions.setdefault(tuple(resources), []).append(name)
    statements = [
        {"Effect": "Allow", "Action": sorted(names), "Resource": list(resources)}
        for resources, names in actions.items()
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=2)
