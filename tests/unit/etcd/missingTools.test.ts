import { describe, expect, it } from "vitest";
import { runScript } from "./runScript";

describe("a machine's commands", () => {
  it.each(["preflight", "stage"] as const)("that are missing are named at once by %s", (script) => {
    const { stdout } = runScript(
      script,
      "command() { [[ $2 != dd && $2 != tar ]]; }; missing_tools",
    );
    expect(stdout).toBe("dd tar\n");
  });

  it("are looked for before the first of them is called", () => {
    const { status, stderr } = runScript(
      "stage",
      `wait_for_cloud_init() { :; }
       command() { [[ $2 != renice ]]; }
       renice() { echo "renice was called" >&2; }
       stage version=3.7.3 from=release </dev/null`,
    );
    expect(status).toBe(1);
    expect(stderr).toContain(
      "these commands are missing: renice. Install them and run pulumi up again\n",
    );
  });
});
