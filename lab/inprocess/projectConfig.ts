import { readFileSync } from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";

/** The configuration of a stack as a program sees it. */
export interface ProjectConfig {
  /** The project's name: the namespace of settings without one. */
  project: string;
  /** "namespace:key" to value; objects and lists as JSON, as the engine gives them. */
  config: Record<string, string>;
  /** The keys whose values are secret. */
  secretKeys: string[];
}

interface Declaration {
  type?: string;
  default?: unknown;
  value?: unknown;
  secret?: boolean;
}

/**
 * Reads what the engine would give a program: the defaults of `Pulumi.yaml`'s typed `config`,
 * and over them the stack file's values.
 *
 * @param stackConfigFile such as `Pulumi.dev.yaml`, relative to the project's root
 * @throws Error for encrypted values, values of the wrong type and missing ones, all at once
 */
export function loadConfig(projectRoot: string, stackConfigFile: string): ProjectConfig {
  const projectFile = readYaml(path.join(projectRoot, "Pulumi.yaml"));
  const stackFile = readYaml(path.resolve(projectRoot, stackConfigFile));
  const project = projectFile.name;
  if (typeof project !== "string") {
    throw new Error(`Pulumi.yaml in ${projectRoot}: expected a name, found ${typeof project}`);
  }
  const declared = qualified(projectFile.config, project);
  const given = qualified(stackFile.config, project);
  const errors: string[] = [];
  const values: Record<string, unknown> = {};
  const secretKeys: string[] = [];

  for (const [key, entry] of Object.entries(declared)) {
    const declaration = asDeclaration(entry);
    const fallback = declaration.value ?? declaration.default;
    if (fallback !== undefined) {
      values[key] = fallback;
    } else if (!(key in given)) {
      errors.push(`${key} has no default and is not set`);
    }
    if (declaration.secret) {
      secretKeys.push(key);
    }
  }
  for (const [key, value] of Object.entries(given)) {
    if (isEncrypted(value)) {
      errors.push(`${key} is encrypted, which only the Pulumi engine can read`);
      continue;
    }
    const { type } = asDeclaration(declared[key]);
    if (type !== undefined && !isOfType(value, type)) {
      errors.push(`${key} must be of type ${type}, found ${JSON.stringify(value)}`);
    }
    values[key] = value;
  }
  if (errors.length > 0) {
    throw new Error(`${stackConfigFile}:\n  ${errors.join("\n  ")}`);
  }
  const config = Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, asText(value)]),
  );
  return { project, config, secretKeys };
}

function readYaml(file: string): Record<string, unknown> {
  const content: unknown = parse(readFileSync(file, "utf8"));
  if (content === null || content === undefined) {
    return {};
  }
  if (typeof content !== "object" || Array.isArray(content)) {
    throw new Error(`${file}: expected a mapping, found ${JSON.stringify(content).slice(0, 40)}`);
  }
  return content as Record<string, unknown>;
}

/** Keys without a namespace belong to the project. */
function qualified(config: unknown, project: string): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries((config ?? {}) as Record<string, unknown>).map(([key, value]) => [
      key.includes(":") ? key : `${project}:${key}`,
      value,
    ]),
  );
}

/** In Pulumi.yaml an entry is either a declaration or, for short, the value itself. */
function asDeclaration(entry: unknown): Declaration {
  if (entry === undefined) {
    return {};
  }
  const isMapping = typeof entry === "object" && entry !== null && !Array.isArray(entry);
  return isMapping ? entry : { value: entry };
}

function isEncrypted(value: unknown): boolean {
  if (typeof value !== "object" || value === null) {
    return false;
  }
  return Object.entries(value).some(
    ([key, part]) => (key === "secure" && typeof part === "string") || isEncrypted(part),
  );
}

/** `pulumi config set` writes numbers and booleans as text, so text that reads as one will do. */
function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case "string":
      return typeof value !== "object";
    case "integer":
      return /^-?\d+$/.test(String(value));
    case "number":
      return value !== "" && Number.isFinite(Number(value));
    case "boolean":
      return ["true", "false"].includes(String(value));
    case "array":
      return Array.isArray(value) || Array.isArray(parsedJson(value));
    case "object": {
      const parsed = parsedJson(value);
      return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed);
    }
    default:
      return false;
  }
}

function parsedJson(value: unknown): unknown {
  if (typeof value !== "string") {
    return value;
  }
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return undefined;
  }
}

function asText(value: unknown): string {
  return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
}
