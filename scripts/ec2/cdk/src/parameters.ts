// The parameters of a CloudFormation template, in groups as the console shows them.

import * as cdk from "aws-cdk-lib";

export class Parameters {
  private readonly groups = new Map<string, string[]>();
  private readonly parameters = new Map<string, cdk.CfnParameterProps>();
  private readonly conditions = new Map<string, cdk.ICfnConditionExpression>();

  /** A reference to a new parameter. */
  add(group: string, name: string, description: string, props?: cdk.CfnParameterProps): string {
    this.groups.set(group, [...(this.groups.get(group) ?? []), name]);
    this.parameters.set(name, { ...props, description });
    return cdk.Fn.ref(name);
  }

  /** The same, for a property that is not there if the parameter is empty. */
  addOptional(group: string, name: string, description: string): string {
    const reference = this.add(group, name, description, { default: "" });
    this.conditions.set(`${name}Given`, cdk.Fn.conditionNot(cdk.Fn.conditionEquals(reference, "")));
    return cdk.Fn.conditionIf(`${name}Given`, reference, cdk.Aws.NO_VALUE).toString();
  }

  declareIn(stack: cdk.Stack): void {
    for (const name of [...this.groups.values()].flat()) {
      new cdk.CfnParameter(stack, name, this.parameters.get(name));
    }
    for (const [name, expression] of this.conditions) {
      new cdk.CfnCondition(stack, name, { expression });
    }
    stack.templateOptions.metadata = {
      "AWS::CloudFormation::Interface": {
        ParameterGroups: [...this.groups].map(([label, names]) => ({ Label: { default: label }, Parameters: names })),
      },
    };
  }
}
