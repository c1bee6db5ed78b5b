// The folder of Debian packages that the appliance installs: natto's, and what it depends on.

import { existsSync, readdirSync } from "node:fs";
import { InputError } from "./input";
import { architecture } from "./limits";

export function checkPackages(file: string, packages: string, instanceType: string): void {
  const wanted = `natto_VERSION_${architecture(instanceType)}.deb`;
  const names = existsSync(packages) ? readdirSync(packages) : [];
  if (names.filter((name) => new RegExp(`^natto_.*_${architecture(instanceType)}\\.deb$`).test(name)).length !== 1) {
    throw new InputError(file, [
      `packages: ${packages} must be a folder with one ${wanted} (for ${instanceType}) and the packages that it ` +
        "depends on: the appliance has no way to the internet",
    ]);
  }
}
