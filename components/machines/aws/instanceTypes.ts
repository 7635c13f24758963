/** The families of the Xen generations, whose volumes have no ids that the machine can see. */
const xenFamilies = /^(t[12]|m[1-4]|c[134]|r[34]|i[23]|d2|h1|g[23]|p[23]|x1e?|f1|cc2|cr1)$/;

/**
 * The processor architecture of an instance type, in Canonical's words. Graviton families carry a
 * "g" after their generation's number (t4g, c7gn, x2gd, im4gn); a1 was the first.
 * Source: Amazon EC2 User Guide, "Instance type naming conventions".
 */
export function architectureOf(instanceType: string): "amd64" | "arm64" {
  return /^(a1|[a-z]+\d+[a-z]*g[a-z]*)\./.test(instanceType) ? "arm64" : "amd64";
}

/** What is wrong with an instance type, in words, or undefined. */
export function instanceTypeError(instanceType: string): string | undefined {
  const [family = "", size, ...rest] = instanceType.split(".");
  if (!/^[a-z][a-z0-9-]*$/.test(family) || !/^[a-z0-9-]+$/.test(size ?? "") || rest.length > 0) {
    return `is "${instanceType}", expected an EC2 instance type such as t3.medium or t4g.medium`;
  }
  if (xenFamilies.test(family)) {
    return (
      `is ${instanceType}, of a generation before Nitro, where a data volume cannot be told by its ` +
      `id. Expected a later one such as t3.medium or t4g.medium`
    );
  }
  return undefined;
}
