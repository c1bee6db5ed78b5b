// The middle VPC: a management subnet, a data subnet for every port of natto, a peering with each
// company, and the appliance with an interface in each subnet.

import * as cdk from "aws-cdk-lib";
import * as ec2 from "aws-cdk-lib/aws-ec2";
import * as iam from "aws-cdk-lib/aws-iam";
import { Asset } from "aws-cdk-lib/aws-s3-assets";
import type { Construct } from "constructs";
import { type Blueprint, type Company, type Interface, type PairOf, type Port, ofStandby } from "./blueprint";
import { type OneOfPair, userData } from "./boot";
import { deviceIndex } from "./config";
import type { S3Object } from "./input";
import { checkPackages } from "./packages";
import { alarmsOf, letTalk, mayTakeOver, routeByTransitGateway } from "./pair";

const everywhere = "0.0.0.0/0";

export interface Subnet {
  subnet: ec2.CfnSubnet;
  routeTable: ec2.CfnRouteTable;
}

/** "10.33.1.4" of "10.33.1.4/24", also of a parameter that will say so. */
function withoutLength(address: string): string {
  return cdk.Fn.select(0, cdk.Fn.split("/", address));
}

export class MiddleVpc extends cdk.Stack {
  readonly vpc: ec2.CfnVPC;
  private readonly routeTables = new Map<string, ec2.CfnRouteTable>();
  private readonly managementGroup: ec2.CfnSecurityGroup;
  private readonly dataGroup: ec2.CfnSecurityGroup;

  constructor(scope: Construct, id: string, private readonly blueprint: Blueprint) {
    // Without a folder to upload, the deployment needs no bootstrapped account.
    const synthesizer = typeof blueprint.packages === "string" ? undefined : new cdk.BootstraplessSynthesizer();
    super(scope, id, { description: "natto between two companies' VPCs", synthesizer });
    this.vpc = new ec2.CfnVPC(this, "Vpc", {
      cidrBlock: blueprint.vpcCidr,
      enableDnsSupport: true,
      enableDnsHostnames: true,
      tags: this.name(),
    });
    const packages = this.packages();
    const managementSubnet = this.subnet("management", blueprint.management.subnet);
    this.managementGroup = this.managementSecurityGroup();
    const management = this.managementInterface(managementSubnet, packages);
    this.dataGroup = this.untrackedSecurityGroup();
    const data = blueprint.ports.map((port) => this.dataInterface(port));
    if (blueprint.pair) {
      this.pair(blueprint.pair, packages, management, data[0]);
    } else {
      this.appliance("Appliance", [management, ...data], this.role(packages), packages);
    }
  }

  private pair(
    pair: PairOf,
    packages: S3Object,
    management: ec2.CfnNetworkInterface,
    data: ec2.CfnNetworkInterface,
  ): void {
    const { blueprint } = this;
    const { standby } = pair;
    const [port] = blueprint.ports;
    const zones = [blueprint.availabilityZone, standby.availabilityZone];
    const dataTable = this.routeTables.get(port.realm)!;
    // Both instances' subnets of a kind have one route table.
    const otherSubnet = (part: string, cidr: string) =>
      this.subnet(`${part}-standby`, cidr, standby.availabilityZone, this.routeTables.get(part));
    const otherManagement = this.managementAt(
      "management-standby",
      standby.management,
      otherSubnet("management", standby.management.subnet).subnet,
    );
    const otherData = this.dataAt(
      `${port.realm}-standby`,
      { ...port, ...standby.port },
      otherSubnet(port.realm, standby.port.subnet).subnet,
    );
    const attachments = pair.attachments.map((cidr, index) =>
      this.subnet(`attachment-${index + 1}`, cidr, zones[index], this.routeTables.get("attachment-1")),
    );
    const table = routeByTransitGateway(this, pair, attachments, port.companies, dataTable, data);
    letTalk(this, this.managementGroup);
    this.endpoints("api", "from the appliances to EC2 and CloudWatch", ["ec2", "monitoring"], [management, otherManagement]);
    const profile = this.role(packages, mayTakeOver(this, table));
    const [own, peer] = [blueprint.management.address, standby.management.address];
    const first = this.appliance("Appliance", [management, data], profile, packages, { own, peer });
    const other = this.appliance("Standby", [otherManagement, otherData], profile, packages, { own: peer, peer: own });
    alarmsOf(this, { Appliance: first, Standby: other });
  }

  name(part?: string): cdk.CfnTag[] {
    return [{ key: "Name", value: part ? `natto-${part}` : "natto" }];
  }

  private packages(): S3Object {
    const { file, packages, instanceType } = this.blueprint;
    if (typeof packages !== "string") {
      return packages;
    }
    checkPackages(file, packages, instanceType);
    return new Asset(this, "Packages", { path: packages });
  }

  private subnet(
    part: string,
    cidrBlock: string,
    zone = this.blueprint.availabilityZone,
    shared?: ec2.CfnRouteTable,
  ): Subnet {
    const subnet = new ec2.CfnSubnet(this, `Subnet-${part}`, {
      vpcId: this.vpc.ref,
      availabilityZone: zone,
      cidrBlock,
      tags: this.name(part),
    });
    const routeTable =
      shared ??
      new ec2.CfnRouteTable(this, `RouteTable-${part}`, {
        vpcId: this.vpc.ref,
        tags: this.name(part),
      });
    this.routeTables.set(part, routeTable);
    new ec2.CfnSubnetRouteTableAssociation(this, `RouteTableOf-${part}`, {
      subnetId: subnet.ref,
      routeTableId: routeTable.ref,
    });
    return { subnet, routeTable };
  }

  private securityGroup(
    part: string,
    description: string,
    rules: Partial<ec2.CfnSecurityGroupProps>,
  ): ec2.CfnSecurityGroup {
    return new ec2.CfnSecurityGroup(this, `SecurityGroup-${part}`, {
      vpcId: this.vpc.ref,
      groupDescription: description,
      tags: this.name(part),
      ...rules,
    });
  }

  /**
   * AWS tracks no TCP or UDP connection that rules for all traffic allow both ways. Any narrower rule
   * would bring back connection tracking, and its limits, for every flow through the appliance.
   */
  private untrackedSecurityGroup(): ec2.CfnSecurityGroup {
    return this.securityGroup("data", "natto data: all traffic both ways, so that AWS tracks no connections", {
      securityGroupIngress: [{ ipProtocol: "-1", cidrIp: everywhere }],
      securityGroupEgress: [{ ipProtocol: "-1", cidrIp: everywhere }],
    });
  }

  private dataInterface(port: Port): ec2.CfnNetworkInterface {
    const { subnet, routeTable } = this.subnet(port.realm, port.subnet);
    for (const company of port.companies) {
      if (company.vpc) {
        this.peering(company, company.vpc, port, routeTable);
      }
    }
    return this.dataAt(port.realm, port, subnet);
  }

  private dataAt(part: string, port: Port, subnet: ec2.CfnSubnet): ec2.CfnNetworkInterface {
    const own = withoutLength(port.address);
    const secondary = port.addresses.map((address) => ({ privateIpAddress: address, primary: false }));
    return new ec2.CfnNetworkInterface(this, `Interface-${part}`, {
      subnetId: subnet.ref,
      groupSet: [this.dataGroup.attrGroupId],
      sourceDestCheck: false,
      description: `natto data: ${part}`,
      tags: this.name(part),
      // AWS takes a list of addresses or a list of prefixes, not both.
      ...(port.blocks.length > 0
        ? { privateIpAddress: own, ipv4Prefixes: port.blocks.map((block) => ({ ipv4Prefix: block })) }
        : { privateIpAddresses: [{ privateIpAddress: own, primary: true }, ...secondary] }),
    });
  }

  private peering(company: Company, vpc: string, port: Port, routeTable: ec2.CfnRouteTable): void {
    const peering = new ec2.CfnVPCPeeringConnection(this, `Peering-${company.name}`, {
      vpcId: this.vpc.ref,
      peerVpcId: vpc,
      peerOwnerId: company.account,
      peerRegion: company.region,
      peerRoleArn: company.roleArn,
      tags: this.name(company.name),
    });
    for (const { id, cidr } of company.routes) {
      new ec2.CfnRoute(this, `Route-${company.name}-${id}`, {
        routeTableId: routeTable.ref,
        destinationCidrBlock: cidr,
        vpcPeeringConnectionId: peering.ref,
      });
    }
    // The company's own route tables may be in an account that this stack cannot write to.
    new cdk.CfnOutput(this, `RouteFor-${company.name}`, {
      description: `${company.name} runs this for each of its route tables that shall reach the other company`,
      value:
        `aws ec2 create-route --destination-cidr-block ${port.subnet} ` +
        `--vpc-peering-connection-id ${peering.ref} --route-table-id ROUTE_TABLE`,
    });
  }

  /** The interface by which the instance is administered; no route leads from its subnet to a company. */
  private managementAt(part: string, { address }: Interface, subnet: ec2.CfnSubnet): ec2.CfnNetworkInterface {
    return new ec2.CfnNetworkInterface(this, `Interface-${part}`, {
      subnetId: subnet.ref,
      groupSet: [this.managementGroup.attrGroupId],
      privateIpAddress: withoutLength(address),
      description: `natto ${part}`,
      tags: this.name(part),
    });
  }

  private managementSecurityGroup(): ec2.CfnSecurityGroup {
    return this.securityGroup("management", "natto management: HTTPS to the endpoints of the VPC", {
      securityGroupEgress: [{ ipProtocol: "tcp", fromPort: 443, toPort: 443, cidrIp: everywhere }],
    });
  }

  private managementInterface({ subnet, routeTable }: Subnet, packages: S3Object): ec2.CfnNetworkInterface {
    const { management } = this.blueprint;
    const securityGroup = this.managementGroup;
    const networkInterface = this.managementAt("management", management, subnet);
    new ec2.CfnVPCEndpoint(this, "Endpoint-s3", {
      vpcId: this.vpc.ref,
      vpcEndpointType: "Gateway",
      serviceName: `com.amazonaws.${this.region}.s3`,
      routeTableIds: [routeTable.ref],
      policyDocument: new iam.PolicyDocument({
        statements: [this.readPackages(packages, [new iam.AnyPrincipal()])],
      }),
    });
    // Endpoints take any free address of the subnet, so they come after the interface has its own.
    const accesses = [
      ...(management.keyName ? [this.sshAccess(subnet, securityGroup)] : []),
    ];
    for (const access of accesses) {
      access.addDependency(networkInterface);
    }
    if (management.ssm) {
      this.endpoints("ssm", "from the appliance to the endpoints", ["ssm", "ssmmessages", "ec2messages"], [networkInterface]);
    }
    return networkInterface;
  }

  private sshAccess(subnet: ec2.CfnSubnet, management: ec2.CfnSecurityGroup): cdk.CfnResource {
    const group = this.securityGroup("ssh", "natto SSH: from the instance connect endpoint to the appliance", {
      securityGroupEgress: [
        { ipProtocol: "tcp", fromPort: 22, toPort: 22, destinationSecurityGroupId: management.attrGroupId },
      ],
    });
    new ec2.CfnSecurityGroupIngress(this, "SshToManagement", {
      groupId: management.attrGroupId,
      ipProtocol: "tcp",
      fromPort: 22,
      toPort: 22,
      sourceSecurityGroupId: group.attrGroupId,
    });
    return new ec2.CfnInstanceConnectEndpoint(this, "Endpoint-ssh", {
      subnetId: subnet.ref,
      securityGroupIds: [group.attrGroupId],
      tags: this.name("ssh"),
    });
  }

  /** Of AWS's services, for the instances; after the interfaces that need an address of their own in their subnets. */
  private endpoints(part: string, what: string, services: string[], after: ec2.CfnNetworkInterface[]): void {
    const group = this.securityGroup(part, `natto ${part.toUpperCase()}: HTTPS ${what}`, {
      securityGroupIngress: [
        { ipProtocol: "tcp", fromPort: 443, toPort: 443, sourceSecurityGroupId: this.managementGroup.attrGroupId },
      ],
    });
    for (const service of services) {
      const endpoint = new ec2.CfnVPCEndpoint(this, `Endpoint-${service}`, {
        vpcId: this.vpc.ref,
        vpcEndpointType: "Interface",
        serviceName: `com.amazonaws.${this.region}.${service}`,
        privateDnsEnabled: true,
        subnetIds: after.map(({ subnetId }) => subnetId),
        securityGroupIds: [group.attrGroupId],
      });
      for (const networkInterface of after) {
        endpoint.addDependency(networkInterface);
      }
    }
  }

  private readPackages({ s3BucketName, s3ObjectKey }: S3Object, principals?: iam.IPrincipal[]): iam.PolicyStatement {
    return new iam.PolicyStatement({
      principals,
      actions: ["s3:GetObject"],
      resources: [`arn:${this.partition}:s3:::${s3BucketName}/${s3ObjectKey}`],
    });
  }

  private role(packages: S3Object, more: iam.PolicyStatement[] = []): iam.CfnInstanceProfile {
    const role = new iam.Role(this, "Role", {
      assumedBy: new iam.ServicePrincipal("ec2.amazonaws.com"),
      description: more.length > 0 ? "natto: fetch its packages, take over" : "natto: fetch its packages",
      managedPolicies: this.blueprint.management.ssm
        ? [iam.ManagedPolicy.fromAwsManagedPolicyName("AmazonSSMManagedInstanceCore")]
        : [],
    });
    for (const statement of [this.readPackages(packages), ...more]) {
      role.addToPolicy(statement);
    }
    const profile = new iam.CfnInstanceProfile(this, "InstanceProfile", { roles: [role.roleName] });
    profile.node.addDependency(role);
    return profile;
  }

  private appliance(
    id: "Appliance" | "Standby",
    interfaces: ec2.CfnNetworkInterface[],
    profile: iam.CfnInstanceProfile,
    { s3BucketName, s3ObjectKey }: S3Object,
    one?: OneOfPair,
  ): ec2.CfnInstance {
    const blueprint = id === "Standby" ? ofStandby(this.blueprint) : this.blueprint;
    const { instanceType, ami, management } = blueprint;
    const packages = `s3://${s3BucketName}/${s3ObjectKey}`;
    const instance = new ec2.CfnInstance(this, id, {
      instanceType,
      imageId: ami,
      keyName: management.keyName,
      iamInstanceProfile: profile.ref,
      metadataOptions: { httpTokens: "required" },
      networkInterfaces: interfaces.map(({ ref }, index) => ({
        deviceIndex: String(index === 0 ? 0 : deviceIndex(index - 1)),
        networkInterfaceId: ref,
      })),
      userData: cdk.Fn.base64(userData(blueprint, packages, this.region, one)),
      tags: this.name(id === "Standby" ? "standby" : undefined),
    });
    // It fetches its packages when it boots.
    instance.node.addDependency(this.node.findChild("Endpoint-s3"), this.node.findChild("RouteTableOf-management"));
    new cdk.CfnOutput(this, id === "Standby" ? "StandbyId" : "InstanceId", { value: instance.ref });
    return instance;
  }
}
