import { expect, it } from "vitest";
import { withSection } from "../../../../proof/report/publish";

it("a section goes between its markers, and nowhere else", () => {
  const text = "before\n<!-- drill -->\nold\n<!-- /drill -->\n<!-- bench -->\n<!-- /bench -->\n";
  const filled = withSection(text, "drill", "a $& b");
  expect(filled).toBe(
    "before\n<!-- drill -->\n\na $& b\n\n<!-- /drill -->\n<!-- bench -->\n<!-- /bench -->\n",
  );
  expect(withSection(filled, "drill", "a $& b")).toBe(filled);
});
