// `npm run templates`: writes the plain CloudFormation templates anew.

import { writeFileSync } from "node:fs";
import { examples, plainTemplate, templateFile } from "./template";

for (const example of examples) {
  writeFileSync(templateFile(example), plainTemplate(example));
}
