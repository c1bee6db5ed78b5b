// A pair: the second instance in another zone, the ways to both, what they may do, and alarms.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { deployed, home, named, type RawInput, templateOf } from "./support";

const template = templateOf("pair");
const names = ["natto", "natto-standby"];
const id = (type: string, name: string) => named(template, `AWS::EC2::${type}`, name).id;
const all = (type: string): RawInput[] => Object.values(template.findResources(type)).map(({ Properties }) => Properties);
const sorted = (values: string[]) => [...values].sort();

describe("the instances of a pair", () => {
  it("are alike, in two zones, each with an interface for management and one for packets", () => {
    template.resourceCountIs("AWS::EC2::Instance", 2);
    for (const [index, name] of names.entries()) {
      const { properties } = named(template, "AWS::EC2::Instance", name);
      assert.equal(properties.ImageId, "ami-0123456789abcdef0");
      const suffix = index === 0 ? "" : "-standby";
      assert.deepEqual(
        properties.NetworkInterfaces.map((each: RawInput) => each.NetworkInterfaceId.Ref),
        [id("NetworkInterface", `natto-management${suffix}`), id("NetworkInterface", `natto-middle${suffix}`)],
      );
      for (const part of ["management", "middle"]) {
        const subnet = named(template, "AWS::EC2::Subnet", `natto-${part}${suffix}`);
        assert.equal(subnet.properties.AvailabilityZone, index === 0 ? "eu-west-1a" : "eu-west-1b");
        const { properties } = named(template, "AWS::EC2::NetworkInterface", `natto-${part}${suffix}`);
        assert.deepEqual(properties.SubnetId, { Ref: subnet.id });
      }
    }
  });

  it("have no mapped address on their interfaces: addresses do not move to another zone", () => {
    for (const [name, address] of [["natto-middle", "10.33.1.124"], ["natto-middle-standby", "10.33.2.124"]]) {
      const { properties } = named(template, "AWS::EC2::NetworkInterface", name);
      assert.deepEqual(properties.PrivateIpAddresses, [{ PrivateIpAddress: address, Primary: true }]);
      assert.equal(properties.SourceDestCheck, false);
    }
  });

  it("hear each other's keepalived, and log in for natto push, at the management interface", () => {
    const group = { "Fn::GetAtt": [id("SecurityGroup", "natto-management"), "GroupId"] };
    for (const [type, other] of [["Ingress", "SourceSecurityGroupId"], ["Egress", "DestinationSecurityGroupId"]]) {
      const rules = all(`AWS::EC2::SecurityGroup${type}`).filter((rule) => deployed(rule[other] ?? "") && 
        JSON.stringify(rule[other]) === JSON.stringify(rule.GroupId));
      assert.deepEqual(rules.map((rule) => rule.GroupId), [group, group]);
      assert.deepEqual(sorted(rules.map((rule) => `${rule.IpProtocol} ${rule.FromPort}`)), ["112 -1", "tcp 22"]);
    }
  });
});

describe("packets to a pair", () => {
  it("come through a Transit Gateway, attached in both zones, and none through a peering", () => {
    template.resourceCountIs("AWS::EC2::VPCPeeringConnection", 0);
    const [attachment, ...others] = all("AWS::EC2::TransitGatewayVpcAttachment");
    assert.deepEqual(others, []);
    assert.equal(attachment.TransitGatewayId, "tgw-0123456789abcdef0");
    const subnets = ["natto-attachment-1", "natto-attachment-2"].map((name) => named(template, "AWS::EC2::Subnet", name));
    assert.deepEqual(attachment.SubnetIds, subnets.map((subnet) => ({ Ref: subnet.id })));
    assert.deepEqual(subnets.map(({ properties }) => properties.AvailabilityZone), ["eu-west-1a", "eu-west-1b"]);
  });

  it("have one table for both zones, which leads to the first instance at the beginning", () => {
    const table = { Ref: id("RouteTable", "natto-attachment-1") };
    const associated = all("AWS::EC2::SubnetRouteTableAssociation").filter(
      ({ RouteTableId }) => RouteTableId.Ref === table.Ref,
    );
    assert.equal(associated.length, 2);
    const routes = all("AWS::EC2::Route").filter(({ NetworkInterfaceId }) => NetworkInterfaceId);
    assert.deepEqual(
      sorted(routes.map((route) => route.DestinationCidrBlock)),
      ["10.50.0.145/32", "10.50.0.151/32", "10.51.0.0/20"],
    );
    for (const route of routes) {
      assert.deepEqual(route.RouteTableId, table);
      assert.deepEqual(route.NetworkInterfaceId, { Ref: id("NetworkInterface", "natto-middle") });
    }
  });

  it("leave through the same Transit Gateway from both zones", () => {
    const table = { Ref: id("RouteTable", "natto-middle") };
    const back = Object.values(template.findResources("AWS::EC2::Route")).filter(
      ({ Properties }) => Properties.TransitGatewayId,
    );
    assert.deepEqual(
      sorted(back.map(({ Properties }) => Properties.DestinationCidrBlock)),
      ["10.32.0.0/16", "10.34.0.0/16", "192.168.7.0/24"],
    );
    const [attachment] = Object.keys(template.findResources("AWS::EC2::TransitGatewayVpcAttachment"));
    for (const { Properties, DependsOn } of back) {
      assert.deepEqual(Properties.RouteTableId, table);
      assert.deepEqual(DependsOn, [attachment]);
    }
  });
});

describe("taking over", () => {
  const statements = all("AWS::IAM::Policy").flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
  const actions = (statement: RawInput): string[] => [statement.Action].flat();
  const granted = statements.flatMap(actions).filter((action) => action.startsWith("ec2:"));

  it("has the rights that natto-takeover aws --policy prints for routes, and no more", () => {
    const folder = mkdtempSync(join(tmpdir(), "natto-"));
    const ports = [{ addresses: [], prefixes: [], routes: [{ destination: "10.50.0.0/16" }] }];
    writeFileSync(join(folder, "natto"), `#!/bin/sh\necho '${JSON.stringify({ ports })}'\n`, { mode: 0o755 });
    const program = join(home, "..", "..", "ha", "natto-takeover");
    const { stdout, stderr, status } = spawnSync(program, ["aws", "--policy", "--region", "eu-west-1"], {
      encoding: "utf8",
      env: { ...process.env, PATH: `${folder}:${process.env.PATH}` },
    });
    rmSync(folder, { recursive: true });
    assert.equal(status, 0, stderr);
    assert.deepEqual(sorted(granted), sorted(JSON.parse(stdout).Statement.flatMap(actions)));
  });

  it("may change the one route table only", () => {
    const [replace] = statements.filter((statement) => actions(statement).includes("ec2:ReplaceRoute"));
    assert.deepEqual(actions(replace), ["ec2:ReplaceRoute"]);
    const table = id("RouteTable", "natto-attachment-1");
    assert.equal(deployed(replace.Resource), `arn:aws:ec2:eu-west-1:444455556666:route-table/${table}`);
  });

  it("reaches EC2 and CloudWatch from both zones without internet", () => {
    const endpoints = all("AWS::EC2::VPCEndpoint").filter(({ VpcEndpointType }) => VpcEndpointType === "Interface");
    assert.deepEqual(
      sorted(endpoints.map(({ ServiceName }) => deployed(ServiceName))),
      ["com.amazonaws.eu-west-1.ec2", "com.amazonaws.eu-west-1.monitoring"],
    );
    for (const { SubnetIds, PrivateDnsEnabled } of endpoints) {
      assert.deepEqual(
        SubnetIds,
        ["natto-management", "natto-management-standby"].map((name) => ({ Ref: id("Subnet", name) })),
      );
      assert.equal(PrivateDnsEnabled, true);
    }
  });
});

describe("alarms of a pair", () => {
  it("are two of each instance, and silence is one", () => {
    const alarms = all("AWS::CloudWatch::Alarm");
    const [topic] = Object.keys(template.findResources("AWS::SNS::Topic"));
    const told = alarms.map(({ Namespace, MetricName, Dimensions }) => {
      const [{ Name, Value }] = Dimensions;
      return `${Namespace} ${MetricName} ${Name} ${Value.Ref}`;
    });
    const instances = names.map((name) => id("Instance", name));
    assert.deepEqual(
      sorted(told),
      sorted(
        instances.flatMap((instance) => [
          `AWS/EC2 StatusCheckFailed InstanceId ${instance}`,
          `natto Healthy InstanceId ${instance}`,
        ]),
      ),
    );
    for (const { TreatMissingData, AlarmActions } of alarms) {
      assert.equal(TreatMissingData, "breaching");
      assert.deepEqual(AlarmActions, [{ Ref: topic }]);
    }
  });
});
