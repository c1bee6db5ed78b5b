// An example's blueprint as a form: parameters in the place of what differs from user to user. A parameter
// is one value and makes no list longer, so each company has one range and one host.

import type { Blueprint, Company, Interface, Mapping, PairOf, Port } from "./blueprint";
import type { Input } from "./input";
import { instanceTypes, mtuBetweenRegions, mtuInRegion } from "./limits";
import type { Parameters } from "./parameters";

const middle = "The middle VPC";
const appliance = "The appliance";

/** The part of an example that a form has room for. A mapping is called after its company. */
export function oneHostEach(input: Input): Input {
  return {
    ...input,
    companies: input.companies.map((company) => ({ ...company, cidrs: company.cidrs.slice(0, 1) })),
    mappings: input.companies.map(({ name }) => ({ ...input.mappings.find(({ company }) => company === name)!, name })),
  };
}

/** "CompanyA" of "company-a". */
function pascalCase(name: string): string {
  return name.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** What the names of the parameters of a port's interface end in. */
function ending({ companies }: Port): string {
  return companies.length > 1 ? "ForCompanies" : `For${pascalCase(companies[0].name)}`;
}

/** What lies in the middle VPC has the example's values by default, which suit each other. */
export class Form {
  constructor(
    private readonly parameters: Parameters,
    private readonly example: Blueprint,
  ) {}

  blueprint(): Blueprint {
    const { example, parameters } = this;
    const availabilityZone = parameters.add(middle, "AvailabilityZone", "Of all subnets and the instance", {
      type: "AWS::EC2::AvailabilityZone::Name",
    });
    const vpcCidr = this.prefix(middle, "VpcCidr", "A range that neither company uses", example.vpcCidr);
    const management = this.interface("ForManagement", example.management);
    const ports = example.ports.map((port) => this.port(port));
    const mappings = example.mappings.map((mapping) => this.mapping(mapping));
    const mapped = new Map(example.mappings.map((mapping, index) => [mapping.mapped, mappings[index].mapped]));
    const pair = example.pair && this.pair(example.pair, ports, mappings);
    return {
      file: example.file,
      availabilityZone,
      vpcCidr,
      ...(pair && { pair }),
      ports: ports.map((port) => ({ ...port, addresses: port.addresses.map((address) => mapped.get(address)!) })),
      mappings,
      instanceType: parameters.add(appliance, "InstanceType", "A c6in, or a c7gn (Arm)", {
        default: example.instanceType,
        allowedValues: instanceTypes,
      }),
      ami: parameters.add(appliance, "ImageId", "A Debian 12 image of the instance's architecture", {
        type: "AWS::EC2::Image::Id",
      }),
      lcores: parameters.add(appliance, "Lcores", "natto's worker cores: all but core 0", { default: example.lcores }),
      management: {
        ...management,
        keyName: parameters.add(appliance, "KeyName", "For SSH", { type: "AWS::EC2::KeyPair::KeyName" }),
        ssm: false,
      },
      packages: {
        s3BucketName: parameters.add(appliance, "PackagesBucket", "A bucket in this region", {
          allowedPattern: "^[a-z0-9.-]+$",
        }),
        s3ObjectKey: parameters.add(
          appliance,
          "PackagesKey",
          "The zip file there with natto's package and those it depends on; another one needs another key",
          { allowedPattern: "^[\\w./-]+\\.zip$" },
        ),
      },
    };
  }

  private address(group: string, name: string, description: string, byDefault?: string): string {
    const allowedPattern = "^\\d{1,3}(\\.\\d{1,3}){3}$";
    return this.parameters.add(group, name, description, { allowedPattern, default: byDefault });
  }

  /** A prefix, or an address with the length of its subnet. */
  private prefix(group: string, name: string, description: string, byDefault?: string): string {
    const allowedPattern = "^\\d{1,3}(\\.\\d{1,3}){3}/\\d{1,2}$";
    return this.parameters.add(group, name, description, { allowedPattern, default: byDefault });
  }

  private interface(end: string, { subnet, address }: Interface): Interface {
    return {
      subnet: this.prefix(middle, `Subnet${end}`, "A part of VpcCidr", subnet),
      address: this.prefix(middle, `Address${end}`, "The appliance's address there, with the subnet's length", address),
    };
  }

  /** One zone more, and its subnets. Both mapped addresses get a route. */
  private pair(pair: PairOf, ports: Port[], mappings: Mapping[]): PairOf {
    const { parameters } = this;
    const { management, port } = pair.standby;
    const transitGateway = parameters.add(middle, "TransitGateway", "Both companies' VPCs are attached to it", {
      allowedPattern: "^tgw-[0-9a-f]+$",
    });
    const availabilityZone = parameters.add(middle, "AvailabilityZoneOfStandby", "Another one, of the second instance", {
      type: "AWS::EC2::AvailabilityZone::Name",
    });
    const end = ending(ports[0]);
    return {
      transitGateway,
      attachments: pair.attachments.map((subnet, index) =>
        this.prefix(middle, `AttachmentSubnet${index + 1}`, "A part of VpcCidr, of the Transit Gateway's attachment", subnet),
      ),
      standby: {
        availabilityZone,
        management: this.interface("ForManagementOfStandby", management),
        port: {
          ...this.interface(`${end}OfStandby`, port),
          gateway: this.address(middle, `Gateway${end}OfStandby`, "The second address of that subnet", port.gateway),
        },
      },
      routes: mappings.map(({ name, mapped }) => ({ id: pascalCase(name), cidr: `${mapped}/32` })),
    };
  }

  private port(port: Port): Port {
    const end = ending(port);
    return {
      ...port,
      ...this.interface(end, port),
      gateway: this.address(middle, `Gateway${end}`, `AWS's router: the second address of Subnet${end}`, port.gateway),
      mtu: this.example.pair
        ? port.mtu
        : this.parameters.add(middle, `Mtu${end}`, `${mtuBetweenRegions} if a peering leads to another region`, {
            default: String(mtuInRegion),
            allowedValues: [mtuInRegion, mtuBetweenRegions].map(String),
          }),
      companies: port.companies.map((company) => this.company(company)),
    };
  }

  private company({ name, vpc }: Company): Company {
    const { parameters } = this;
    const start = pascalCase(name);
    const ifForeign = "If another account owns the VPC:";
    if (!vpc) {
      return { name, routes: [{ id: "range", cidr: this.prefix(name, `${start}Range`, "The range of its VPC") }] };
    }
    return {
      name,
      vpc: parameters.add(name, `${start}Vpc`, "The VPC to peer with"),
      routes: [{ id: "range", cidr: this.prefix(name, `${start}Range`, "The range of that VPC") }],
      account: parameters.addOptional(name, `${start}Account`, `${ifForeign} its number`),
      roleArn: parameters.addOptional(
        name,
        `${start}RoleArn`,
        `${ifForeign} a role there that may ec2:AcceptVpcPeeringConnection`,
      ),
      region: parameters.addOptional(name, `${start}Region`, "If the VPC is in another region: its name"),
    };
  }

  /** Is called after the company that has the host. */
  private mapping({ name, realm, mapped }: Mapping): Mapping {
    const start = pascalCase(name);
    const owner = this.example.ports.find(({ addresses }) => addresses.includes(mapped));
    const free = owner
      ? `a free address of Subnet${ending(owner)} (AWS has its first four and its last)`
      : "an address outside VpcCidr and both ranges";
    return {
      name,
      realm,
      real: this.address(name, `${start}Host`, `A host in ${start}Range`),
      mapped: this.address(name, `${start}Mapped`, `Stands for that host: ${free}`, mapped),
    };
  }
}
