// The instance, its interfaces, its security groups and its role.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Match, type Template } from "aws-cdk-lib/assertions";
import { deployed, named, templateOf, userDataParts } from "./support";

function networkInterface(template: Template, part: string) {
  return named(template, "AWS::EC2::NetworkInterface", `natto-${part}`);
}

describe("instance", () => {
  it("is a c6in.large unless the input says otherwise", () => {
    templateOf("one-interface").hasResourceProperties("AWS::EC2::Instance", { InstanceType: "c6in.large" });
    templateOf("overlapping").hasResourceProperties("AWS::EC2::Instance", { InstanceType: "c6in.xlarge" });
  });

  it("boots the image of the input and hands out metadata to tokens only", () => {
    templateOf("overlapping").hasResourceProperties("AWS::EC2::Instance", {
      ImageId: "ami-0123456789abcdef0",
      MetadataOptions: { HttpTokens: "required" },
    });
  });

  it("has the management interface first, then one for each company", () => {
    const template = templateOf("overlapping");
    template.resourceCountIs("AWS::EC2::Instance", 1);
    template.resourceCountIs("AWS::EC2::NetworkInterface", 3);
    template.hasResourceProperties("AWS::EC2::Instance", {
      NetworkInterfaces: ["management", "company-a", "company-b"].map((part, index) => ({
        DeviceIndex: String(index),
        NetworkInterfaceId: { Ref: networkInterface(template, part).id },
      })),
    });
  });

  it("has one data interface when both companies share it", () => {
    const template = templateOf("one-interface");
    template.hasResourceProperties("AWS::EC2::Instance", {
      NetworkInterfaces: ["management", "middle"].map((part, index) => ({
        DeviceIndex: String(index),
        NetworkInterfaceId: { Ref: networkInterface(template, part).id },
      })),
    });
  });

  it("boots after its way to the packages is there", () => {
    const template = templateOf("overlapping");
    const [{ DependsOn }] = Object.values(template.findResources("AWS::EC2::Instance"));
    const [endpoint] = Object.keys(template.findResources("AWS::EC2::VPCEndpoint"));
    assert.ok(DependsOn.includes(endpoint));
  });
});

describe("interfaces", () => {
  const template = templateOf("overlapping");

  it("of each company is in that company's subnet, without source/destination check", () => {
    for (const part of ["company-a", "company-b"]) {
      const { properties } = networkInterface(template, part);
      assert.deepEqual(properties.SubnetId, { Ref: named(template, "AWS::EC2::Subnet", `natto-${part}`).id });
      assert.equal(properties.SourceDestCheck, false);
    }
  });

  it("towards A owns B's mapped addresses, one secondary address each", () => {
    const { properties } = networkInterface(template, "company-a");
    assert.deepEqual(properties.PrivateIpAddresses, [
      { PrivateIpAddress: "100.64.1.4", Primary: true },
      { PrivateIpAddress: "100.64.1.10", Primary: false },
      { PrivateIpAddress: "100.64.1.80", Primary: false },
      { PrivateIpAddress: "100.64.1.81", Primary: false },
    ]);
    assert.ok(!("Ipv4Prefixes" in properties));
  });

  it("with a mapped network owns delegated blocks of 16 instead, hosts included", () => {
    const { properties } = networkInterface(template, "company-b");
    assert.equal(properties.PrivateIpAddress, "100.64.2.4");
    assert.deepEqual(properties.Ipv4Prefixes, [
      { Ipv4Prefix: "100.64.2.16/28" },
      { Ipv4Prefix: "100.64.2.64/28" },
      { Ipv4Prefix: "100.64.2.80/28" },
      { Ipv4Prefix: "100.64.2.32/28" },
    ]);
    assert.ok(!("PrivateIpAddresses" in properties));
  });

  it("shared by both companies owns the mapped addresses of both", () => {
    const { properties } = networkInterface(templateOf("one-interface"), "middle");
    assert.equal(properties.SourceDestCheck, false);
    assert.deepEqual(properties.PrivateIpAddresses, [
      { PrivateIpAddress: "10.33.1.124", Primary: true },
      { PrivateIpAddress: "10.33.1.145", Primary: false },
      { PrivateIpAddress: "10.33.1.151", Primary: false },
    ]);
  });

  it("for management has its address and keeps the source/destination check", () => {
    const { properties } = networkInterface(template, "management");
    assert.equal(properties.PrivateIpAddress, "100.64.0.4");
    assert.ok(!("SourceDestCheck" in properties));
  });
});

describe("security groups", () => {
  it("of the data interfaces allow all traffic both ways, so that nothing is tracked", () => {
    const template = templateOf("overlapping");
    const { id, properties } = named(template, "AWS::EC2::SecurityGroup", "natto-data");
    assert.deepEqual(properties.SecurityGroupIngress, [{ IpProtocol: "-1", CidrIp: "0.0.0.0/0" }]);
    assert.deepEqual(properties.SecurityGroupEgress, [{ IpProtocol: "-1", CidrIp: "0.0.0.0/0" }]);
    for (const part of ["company-a", "company-b"]) {
      assert.deepEqual(networkInterface(template, part).properties.GroupSet, [{ "Fn::GetAtt": [id, "GroupId"] }]);
    }
  });

  it("of management let SSH in from the instance connect endpoint alone", () => {
    const template = templateOf("overlapping");
    const management = named(template, "AWS::EC2::SecurityGroup", "natto-management");
    const ssh = named(template, "AWS::EC2::SecurityGroup", "natto-ssh");
    assert.deepEqual(networkInterface(template, "management").properties.GroupSet, [
      { "Fn::GetAtt": [management.id, "GroupId"] },
    ]);
    assert.ok(!("SecurityGroupIngress" in management.properties));
    template.resourceCountIs("AWS::EC2::SecurityGroupIngress", 1);
    template.hasResourceProperties("AWS::EC2::SecurityGroupIngress", {
      GroupId: { "Fn::GetAtt": [management.id, "GroupId"] },
      SourceSecurityGroupId: { "Fn::GetAtt": [ssh.id, "GroupId"] },
      IpProtocol: "tcp",
      FromPort: 22,
      ToPort: 22,
    });
    template.hasResourceProperties("AWS::EC2::InstanceConnectEndpoint", {
      SubnetId: { Ref: named(template, "AWS::EC2::Subnet", "natto-management").id },
      SecurityGroupIds: [{ "Fn::GetAtt": [ssh.id, "GroupId"] }],
    });
    template.hasResourceProperties("AWS::EC2::Instance", { KeyName: "operators" });
  });

  it("of management let out nothing but HTTPS", () => {
    const { properties } = named(templateOf("overlapping"), "AWS::EC2::SecurityGroup", "natto-management");
    assert.deepEqual(properties.SecurityGroupEgress, [
      { IpProtocol: "tcp", FromPort: 443, ToPort: 443, CidrIp: "0.0.0.0/0" },
    ]);
  });
});

describe("role", () => {
  const template = templateOf("overlapping");

  it("may fetch the packages, and nothing else", () => {
    template.resourceCountIs("AWS::IAM::Policy", 1);
    const [{ Properties }] = Object.values(template.findResources("AWS::IAM::Policy"));
    const [fetch, ...others] = Properties.PolicyDocument.Statement;
    assert.deepEqual(others, []);
    assert.equal(fetch.Action, "s3:GetObject");
    assert.match(deployed(fetch.Resource), /^arn:aws:s3:::cdk-[^*]+\/[0-9a-f]{64}\.zip$/);
  });

  it("may fetch them where somebody has uploaded them", () => {
    const elsewhere = templateOf("overlapping", (input) => (input.packages = "s3://packages-of-natto/1.0/natto.zip"));
    const [{ Properties }] = Object.values(elsewhere.findResources("AWS::IAM::Policy"));
    const [fetch] = Properties.PolicyDocument.Statement;
    assert.equal(deployed(fetch.Resource), "arn:aws:s3:::packages-of-natto/1.0/natto.zip");
    const script = userDataParts(elsewhere).get("text/x-shellscript")!;
    assert.match(script, /^PACKAGES=s3:\/\/packages-of-natto\/1\.0\/natto\.zip$/m);
  });

  it("is the instance's, and only EC2 may assume it", () => {
    template.resourceCountIs("AWS::IAM::Role", 1);
    const [[role, { Properties }]] = Object.entries(template.findResources("AWS::IAM::Role"));
    assert.ok(!("ManagedPolicyArns" in Properties));
    template.hasResourceProperties("AWS::IAM::Role", {
      AssumeRolePolicyDocument: Match.objectLike({
        Statement: [{ Action: "sts:AssumeRole", Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" } }],
      }),
    });
    const [[profile, { Properties: profileProperties }]] = Object.entries(
      template.findResources("AWS::IAM::InstanceProfile"),
    );
    assert.deepEqual(profileProperties.Roles, [{ Ref: role }]);
    template.hasResourceProperties("AWS::EC2::Instance", { IamInstanceProfile: { Ref: profile } });
  });
});

describe("Systems Manager", () => {
  const services = (template: Template) =>
    Object.values(template.findResources("AWS::EC2::VPCEndpoint"))
      .map(({ Properties }) => deployed(Properties.ServiceName).split(".").at(-1))
      .sort();

  it("is not there unless asked for", () => {
    assert.deepEqual(services(templateOf("overlapping")), ["s3"]);
  });

  it("has its policy and its endpoints when asked for", () => {
    const template = templateOf("one-interface");
    const [{ Properties }] = Object.values(template.findResources("AWS::IAM::Role"));
    assert.deepEqual(deployed(Properties.ManagedPolicyArns), [
      "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore",
    ]);
    assert.deepEqual(services(template), ["ec2messages", "s3", "ssm", "ssmmessages"]);
    template.hasResourceProperties("AWS::EC2::VPCEndpoint", {
      VpcEndpointType: "Interface",
      PrivateDnsEnabled: true,
      SubnetIds: [{ Ref: named(template, "AWS::EC2::Subnet", "natto-management").id }],
      SecurityGroupIds: [
        { "Fn::GetAtt": [named(template, "AWS::EC2::SecurityGroup", "natto-ssm").id, "GroupId"] },
      ],
    });
    template.resourceCountIs("AWS::EC2::InstanceConnectEndpoint", 0);
  });

  it("takes no address before the management interface has its own", () => {
    const template = templateOf("one-interface");
    const management = networkInterface(template, "management").id;
    for (const { Properties, DependsOn } of Object.values(template.findResources("AWS::EC2::VPCEndpoint"))) {
      if (Properties.VpcEndpointType === "Interface") {
        assert.deepEqual(DependsOn, [management]);
      }
    }
  });
});
