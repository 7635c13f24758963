import pulumi from "@pulumi/eslint-plugin";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

/** Which way imports run: from these folders nothing comes in. */
const closedTo = (folder, ...others) => ({
  files: [`${folder}/**/*.ts`],
  rules: {
    "no-restricted-imports": [
      "error",
      {
        patterns: [
          {
            regex: `^(\\.\\./)+(${others.join("|")})(/|$)`,
            message: `${folder}/ knows nothing of ${others.join(", ")}.`,
          },
        ],
      },
    ],
  },
});

export default defineConfig([
  globalIgnores(["node_modules/", ".lab/"]),
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: { project: "./tsconfig.check.json", tsconfigRootDir: import.meta.dirname },
    },
    plugins: { "@pulumi": pulumi },
    rules: {
      "@pulumi/no-output-in-template-literal": "error",
      "@pulumi/no-output-instance-in-template-literal": "error",
      // A fake of something that takes time does not have to.
      "@typescript-eslint/require-await": "off",
      eqeqeq: "error",
      "prefer-const": "error",
    },
  },
  closedTo("components", "operator", "lab", "proof", "tests"),
  closedTo("operator", "lab", "proof", "tests"),
  closedTo("lab", "proof", "tests"),
  closedTo("proof", "tests"),
  {
    // What mocks are handed has no types.
    files: ["tests/mock/**/*.ts"],
    rules: {
      "@typescript-eslint/no-explicit-any": "off",
      "@typescript-eslint/no-unsafe-argument": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-call": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-unsafe-return": "off",
    },
  },
]);
