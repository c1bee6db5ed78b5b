// The VPC, its subnets, the peerings and the routes.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Match } from "aws-cdk-lib/assertions";
import { deployed, named, templateOf } from "./support";

describe("network for companies that use the same addresses", () => {
  const template = templateOf("overlapping");

  it("is one VPC with the CIDR of the input and nothing towards the internet", () => {
    template.resourceCountIs("AWS::EC2::VPC", 1);
    template.hasResourceProperties("AWS::EC2::VPC", { CidrBlock: "100.64.0.0/16" });
    for (const type of ["InternetGateway", "NatGateway", "EIP", "EgressOnlyInternetGateway"]) {
      template.resourceCountIs(`AWS::EC2::${type}`, 0);
    }
  });

  it("has a management subnet and one for each company, in the zone of the input", () => {
    template.resourceCountIs("AWS::EC2::Subnet", 3);
    const subnets = { management: "100.64.0.0/28", "company-a": "100.64.1.0/24", "company-b": "100.64.2.0/24" };
    for (const [part, cidr] of Object.entries(subnets)) {
      const { properties } = named(template, "AWS::EC2::Subnet", `natto-${part}`);
      assert.equal(properties.CidrBlock, cidr);
      assert.equal(properties.AvailabilityZone, "eu-west-1a");
    }
  });

  it("gives each subnet a route table of its own", () => {
    template.resourceCountIs("AWS::EC2::RouteTable", 3);
    template.resourceCountIs("AWS::EC2::SubnetRouteTableAssociation", 3);
    for (const part of ["management", "company-a", "company-b"]) {
      template.hasResourceProperties("AWS::EC2::SubnetRouteTableAssociation", {
        SubnetId: { Ref: named(template, "AWS::EC2::Subnet", `natto-${part}`).id },
        RouteTableId: { Ref: named(template, "AWS::EC2::RouteTable", `natto-${part}`).id },
      });
    }
  });

  it("peers with a VPC of the same account and region by its id alone", () => {
    const { properties } = named(template, "AWS::EC2::VPCPeeringConnection", "natto-company-a");
    assert.equal(properties.PeerVpcId, "vpc-0aaaaaaaaaaaaaaaa");
    for (const key of ["PeerOwnerId", "PeerRegion", "PeerRoleArn"]) {
      assert.ok(!(key in properties), key);
    }
  });

  it("peers with a VPC of another account and region by the role of the input", () => {
    const { properties } = named(template, "AWS::EC2::VPCPeeringConnection", "natto-company-b");
    assert.equal(properties.PeerVpcId, "vpc-0bbbbbbbbbbbbbbbb");
    assert.equal(properties.PeerOwnerId, "111122223333");
    assert.equal(properties.PeerRegion, "eu-central-1");
    assert.equal(properties.PeerRoleArn, "arn:aws:iam::111122223333:role/accept-peering");
  });

  it("routes the one range to each company through that company's table and peering", () => {
    template.resourceCountIs("AWS::EC2::VPCPeeringConnection", 2);
    template.resourceCountIs("AWS::EC2::Route", 2);
    for (const company of ["natto-company-a", "natto-company-b"]) {
      template.hasResourceProperties("AWS::EC2::Route", {
        RouteTableId: { Ref: named(template, "AWS::EC2::RouteTable", company).id },
        DestinationCidrBlock: "10.0.0.0/16",
        VpcPeeringConnectionId: { Ref: named(template, "AWS::EC2::VPCPeeringConnection", company).id },
      });
    }
  });

  it("tells each company the route to the subnet that faces it", () => {
    for (const [company, cidr] of [["company-a", "100.64.1.0/24"], ["company-b", "100.64.2.0/24"]]) {
      const peering = named(template, "AWS::EC2::VPCPeeringConnection", `natto-${company}`).id;
      const command =
        `aws ec2 create-route --destination-cidr-block ${cidr} ` +
        `--vpc-peering-connection-id ${peering} --route-table-id ROUTE_TABLE`;
      const values = Object.values(template.findOutputs("*")).map(({ Value }) => deployed(Value));
      assert.ok(values.includes(command), command);
    }
  });
});

describe("network for companies that share an interface", () => {
  const template = templateOf("one-interface");

  it("has one data subnet, whose table routes every range of both companies", () => {
    template.resourceCountIs("AWS::EC2::Subnet", 2);
    template.resourceCountIs("AWS::EC2::Route", 3);
    const RouteTableId = { Ref: named(template, "AWS::EC2::RouteTable", "natto-middle").id };
    const routes = [
      ["10.32.0.0/16", "natto-company-a"],
      ["10.34.0.0/16", "natto-company-b"],
      ["192.168.7.0/24", "natto-company-b"],
    ];
    for (const [DestinationCidrBlock, company] of routes) {
      const VpcPeeringConnectionId = { Ref: named(template, "AWS::EC2::VPCPeeringConnection", company).id };
      template.hasResourceProperties("AWS::EC2::Route", { RouteTableId, DestinationCidrBlock, VpcPeeringConnectionId });
    }
  });
});

describe("routes", () => {
  it("are told apart where only the dots differ", () => {
    const template = templateOf("one-interface", (input) => input.companies[0].cidrs.push("1.11.0.0/16", "11.1.0.0/16"));
    for (const DestinationCidrBlock of ["1.11.0.0/16", "11.1.0.0/16"]) {
      template.hasResourceProperties("AWS::EC2::Route", { DestinationCidrBlock });
    }
  });
});

describe("way to S3", () => {
  it("is a gateway endpoint in the management table alone, for the packages alone", () => {
    const template = templateOf("overlapping");
    template.hasResourceProperties("AWS::EC2::VPCEndpoint", {
      VpcEndpointType: "Gateway",
      RouteTableIds: [{ Ref: named(template, "AWS::EC2::RouteTable", "natto-management").id }],
      PolicyDocument: Match.objectLike({ Statement: [Match.objectLike({ Action: "s3:GetObject", Effect: "Allow" })] }),
    });
    const [{ Properties }] = Object.values(template.findResources("AWS::EC2::VPCEndpoint"));
    assert.equal(deployed(Properties.ServiceName), "com.amazonaws.eu-west-1.s3");
    assert.match(
      deployed(Properties.PolicyDocument.Statement[0].Resource),
      /^arn:aws:s3:::cdk-hnb659fds-assets-444455556666-eu-west-1\/[0-9a-f]{64}\.zip$/,
    );
  });
});
