// What a pair has besides its two instances: the way of packets to the active one, by a Transit Gateway, since VPCs that
// are peered deliver to addresses of interfaces only, which cannot move to another zone; what the instances may do to
// take over from each other; and alarms.

import * as cdk from "aws-cdk-lib";
import * as cloudwatch from "aws-cdk-lib/aws-cloudwatch";
import * as ec2 from "aws-cdk-lib/aws-ec2";
import * as iam from "aws-cdk-lib/aws-iam";
import * as sns from "aws-cdk-lib/aws-sns";
import type { Company, PairOf } from "./blueprint";
import type { MiddleVpc, Subnet } from "./stack";

const vrrp = "112";
const metricNamespace = "natto";

/** The companies' packets come from the Transit Gateway, and go there. Returns the route table that says to whom. */
export function routeByTransitGateway(
  stack: MiddleVpc,
  { transitGateway, routes }: PairOf,
  [first, second]: Subnet[],
  companies: Company[],
  dataTable: ec2.CfnRouteTable,
  active: ec2.CfnNetworkInterface,
): ec2.CfnRouteTable {
  const attachment = new ec2.CfnTransitGatewayVpcAttachment(stack, "TransitGatewayAttachment", {
    transitGatewayId: transitGateway,
    vpcId: stack.vpc.ref,
    subnetIds: [first.subnet.ref, second.subnet.ref],
    tags: stack.name(),
  });
  for (const { name, routes: ranges } of companies) {
    for (const { id, cidr } of ranges) {
      const route = new ec2.CfnRoute(stack, `Route-${name}-${id}`, {
        routeTableId: dataTable.ref,
        destinationCidrBlock: cidr,
        transitGatewayId: transitGateway,
      });
      route.addDependency(attachment);
    }
  }
  // To begin with. natto-takeover replaces them.
  for (const { id, cidr } of routes) {
    new ec2.CfnRoute(stack, `RouteToMapped-${id}`, {
      routeTableId: first.routeTable.ref,
      destinationCidrBlock: cidr,
      networkInterfaceId: active.ref,
    });
  }
  new cdk.CfnOutput(stack, "Attachment", {
    description: "Where routes of the Transit Gateway to mapped addresses lead: aws ec2 create-transit-gateway-route",
    value: attachment.ref,
  });
  return first.routeTable;
}

/** keepalived of both hear each other, and `natto push` logs in to the other. */
export function letTalk(stack: MiddleVpc, group: ec2.CfnSecurityGroup): void {
  const rules = [
    { id: "Vrrp", ipProtocol: vrrp, fromPort: -1, toPort: -1 },
    { id: "Push", ipProtocol: "tcp", fromPort: 22, toPort: 22 },
  ];
  for (const { id, ...rule } of rules) {
    new ec2.CfnSecurityGroupIngress(stack, `${id}FromPeer`, {
      groupId: group.attrGroupId,
      sourceSecurityGroupId: group.attrGroupId,
      ...rule,
    });
    new ec2.CfnSecurityGroupEgress(stack, `${id}ToPeer`, {
      groupId: group.attrGroupId,
      destinationSecurityGroupId: group.attrGroupId,
      ...rule,
    });
  }
}

/** Of what `natto-takeover aws --policy` prints, what routes in one table need; and the metric of boot-pair.sh. */
export function mayTakeOver(stack: MiddleVpc, table: ec2.CfnRouteTable): iam.PolicyStatement[] {
  return [
    new iam.PolicyStatement({
      actions: ["ec2:DescribeNetworkInterfaces", "ec2:DescribeRouteTables"],
      resources: ["*"],
    }),
    new iam.PolicyStatement({
      actions: ["ec2:ReplaceRoute"],
      resources: [`arn:${stack.partition}:ec2:${stack.region}:${stack.account}:route-table/${table.ref}`],
    }),
    new iam.PolicyStatement({
      actions: ["cloudwatch:PutMetricData"],
      resources: ["*"],
      conditions: { StringEquals: { "cloudwatch:namespace": metricNamespace } },
    }),
  ];
}

/** Two of each instance: AWS's own checks, and natto's health, which no news of is bad. */
export function alarmsOf(stack: MiddleVpc, instances: Record<string, ec2.CfnInstance>): void {
  const topic = new sns.CfnTopic(stack, "Alarms", { tags: stack.name() });
  for (const [id, instance] of Object.entries(instances)) {
    const dimensions = [{ name: "InstanceId", value: instance.ref }];
    const common = { dimensions, period: 60, evaluationPeriods: 3, alarmActions: [topic.ref], okActions: [topic.ref] };
    new cloudwatch.CfnAlarm(stack, `StatusOf${id}`, {
      ...common,
      alarmDescription: `natto: the instance ${id} fails AWS's status checks`,
      namespace: "AWS/EC2",
      metricName: "StatusCheckFailed",
      statistic: "Maximum",
      comparisonOperator: "GreaterThanThreshold",
      threshold: 0,
      treatMissingData: "breaching",
    });
    new cloudwatch.CfnAlarm(stack, `HealthOf${id}`, {
      ...common,
      alarmDescription: `natto health fails on the instance ${id}, or says nothing`,
      namespace: metricNamespace,
      metricName: "Healthy",
      statistic: "Minimum",
      comparisonOperator: "LessThanThreshold",
      threshold: 1,
      treatMissingData: "breaching",
    });
  }
  new cdk.CfnOutput(stack, "AlarmTopic", { description: "Tells of alarms: subscribe to it", value: topic.ref });
}
