import { writeFileSync } from "node:fs";
import * as path from "node:path";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../../lab/inprocess/projectConfig";
import { tempFolder } from "../../tempFolder";

function load(project: string, stack: string) {
  const root = tempFolder();
  writeFileSync(path.join(root, "Pulumi.yaml"), `name: shop\nruntime: nodejs\n${project}`);
  writeFileSync(path.join(root, "Pulumi.dev.yaml"), stack);
  return loadConfig(root, "Pulumi.dev.yaml");
}

const project = `
config:
  size: { type: integer, default: 3 }
  open: { type: boolean, default: false }
  zones: { type: array, items: { type: string }, default: [a, b] }
  limits: { type: object, default: { cpu: 2 } }
  password: { type: string, default: none, secret: true }
  short: value
  aws:region: { value: us-east-1 }
`;

describe("loadConfig", () => {
  it("gives defaults as text, structures as JSON, with the project's namespace", () => {
    expect(load(project, "")).toEqual({
      project: "shop",
      config: {
        "shop:size": "3",
        "shop:open": "false",
        "shop:zones": '["a","b"]',
        "shop:limits": '{"cpu":2}',
        "shop:password": "none",
        "shop:short": "value",
        "aws:region": "us-east-1",
      },
      secretKeys: ["shop:password"],
    });
  });

  it("puts the stack's values over the defaults", () => {
    const stack = `config:\n  shop:size: "5"\n  shop:zones: [c]\n  aws:region: eu-west-1`;
    expect(load(project, stack).config).toMatchObject({
      "shop:size": "5",
      "shop:zones": '["c"]',
      "aws:region": "eu-west-1",
      "shop:open": "false",
    });
  });

  it("names every error at once, without the values of secrets", () => {
    const declared = `${project}  owner: { type: string }\n`;
    const stack = `
config:
  shop:password: { secure: v1:abc }
  shop:size: many
  shop:zones: { a: 1 }
  shop:limits: { cpu: { secure: v1:def } }
`;
    let message = "";
    try {
      load(declared, stack);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toContain("shop:password is encrypted");
    expect(message).toContain("shop:limits is encrypted");
    expect(message).toContain('shop:size must be of type integer, found "many"');
    expect(message).toContain("shop:zones must be of type array");
    expect(message).toContain("shop:owner has no default and is not set");
    expect(message).not.toContain("v1:");
  });
});
