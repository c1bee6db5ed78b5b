"""EC2's calls of natto-takeover aws, and the IAM policy that allows them."""

import json
from collections.abc import Iterable

import boto3
import botocore.config
import botocore.exceptions

# What goes wrong with AWS.
ERRORS = (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError)

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

AT_ONCE = 8  # calls
MOST_VALUES = 200  # of a filter


def default_region() -> str | None:
    """Of the environment or ~/.aws/config: boto3 does not ask the instance."""
    return boto3.session.Session().region_name


class Ec2:
    """Any thread may call it. Errors are ERRORS."""

    def __init__(self, region: str, endpoint: str | None) -> None:
        config = botocore.config.Config(
            retries={"mode": "standard", "max_attempts": 12},
            connect_timeout=3,
            read_timeout=15,
            max_pool_connections=2 * AT_ONCE,
        )
        self._client = boto3.client(
            "ec2", region_name=region, endpoint_url=endpoint, config=config
        )

    def call(self, name: str, **parameters: object) -> dict:
        assert name in CALLS + TRANSIT_CALLS
        return getattr(self._client, name)(**parameters)

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


def policy(transit: bool) -> str:
    """An IAM policy that allows these calls, and no others."""
    names = CALLS + TRANSIT_CALLS if transit else CALLS
    actions = ["ec2:" + "".join(word.title() for word in name.split("_")) for name in names]
    statement = {"Effect": "Allow", "Action": sorted(actions), "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=2)
