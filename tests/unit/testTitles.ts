import * as ts from "typescript";

/** Between the title of a group and that of a test in it. */
export const separator = " › ";

/**
 * The titles of a test file's tests and groups, each with those of the groups around it, as its text has
 * them: nothing of it is run. A title that is filled in from a table (`it.each`) is there as it is written, and
 * filled in with each row whose values are written out.
 */
export function testTitles(text: string): string[][] {
  const source = ts.createSourceFile("any.test.ts", text, ts.ScriptTarget.Latest);
  const callers = new Set(["it", "test", "describe", ...wrappersIn(source)]);
  const titles: string[][] = [];
  const visit = (node: ts.Node, groups: readonly string[]): void => {
    const own = ts.isCallExpression(node) ? titlesOf(node, callers) : [];
    for (const title of own) {
      titles.push([...groups, title]);
      ts.forEachChild(node, (child) => visit(child, [...groups, title]));
    }
    if (own.length === 0) {
      ts.forEachChild(node, (child) => visit(child, groups));
    }
  };
  visit(source, []);
  return titles;
}

/** Functions of the file that make a test of the title that they are given. */
function wrappersIn(source: ts.SourceFile): string[] {
  return source.statements.filter(ts.isFunctionDeclaration).flatMap((one) => {
    const [title] = one.parameters;
    const name = title !== undefined && ts.isIdentifier(title.name) ? title.name.text : "";
    const makesTest = one.body?.statements.some(
      (statement) =>
        ts.isExpressionStatement(statement) &&
        ts.isCallExpression(statement.expression) &&
        rootOf(statement.expression) === "it" &&
        isNamed(statement.expression.arguments[0], name),
    );
    return makesTest === true && one.name !== undefined ? [one.name.text] : [];
  });
}

const isNamed = (node: ts.Node | undefined, name: string) =>
  node !== undefined && ts.isIdentifier(node) && node.text === name;

/** What is called in the end: `it` of `it.each([…])("…")`. */
function rootOf(call: ts.CallExpression): string | undefined {
  let root: ts.Expression = call;
  while (ts.isCallExpression(root) || ts.isPropertyAccessExpression(root)) {
    root = root.expression;
  }
  return ts.isIdentifier(root) ? root.text : undefined;
}

/** The call's title, and each filled in; none where it makes no test. */
function titlesOf(call: ts.CallExpression, callers: ReadonlySet<string>): string[] {
  const [title] = call.arguments;
  if (title === undefined || !ts.isStringLiteralLike(title) || !callers.has(rootOf(call) ?? "")) {
    return [];
  }
  const rows = tableOf(call).flatMap((row) => filledIn(title.text, row) ?? []);
  return [...new Set([title.text, ...rows])];
}

/** The rows of `it.each([…])`, where they are written out. */
function tableOf({ expression }: ts.CallExpression): readonly ts.Expression[] {
  if (
    !ts.isCallExpression(expression) ||
    !ts.isPropertyAccessExpression(expression.expression) ||
    expression.expression.name.text !== "each"
  ) {
    return [];
  }
  const [table] = expression.arguments;
  const bare = table && ts.isAsExpression(table) ? table.expression : table;
  return bare && ts.isArrayLiteralExpression(bare) ? bare.elements : [];
}

/** @returns undefined where a value that the title needs is not written out */
function filledIn(title: string, row: ts.Expression): string | undefined {
  const values = ts.isArrayLiteralExpression(row) ? [...row.elements] : [row];
  let isWhole = true;
  const text = title.replace(/%[sd]/g, () => {
    const value = values.shift();
    if (value !== undefined && (ts.isStringLiteralLike(value) || ts.isNumericLiteral(value))) {
      return value.text;
    }
    isWhole = false;
    return "";
  });
  return isWhole ? text : undefined;
}
