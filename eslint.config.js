// The scripts of static/ and their tests. What the oldest browsers (package.json) lack is an
// error: syntax by `ecmaVersion`, interfaces of browsers by compat/compat; methods of the
// language that are newer have no type in tsconfig.json.
import js from "@eslint/js";
import compat from "eslint-plugin-compat";
import globals from "globals";

const stricter = {
  eqeqeq: ["error", "always", { null: "ignore" }],
  "no-implied-eval": "error",
  "no-new-func": "error",
  "no-script-url": "error",
  "no-eval": "error",
  "no-console": "error",
  "no-restricted-properties": [
    "error",
    ...["innerHTML", "outerHTML"].map((property) => ({ property, message: "Texts of customers are never HTML." })),
    ...["insertAdjacentHTML", "write"].map((property) => ({ object: "document", property })),
  ],
  "no-shadow": "error",
  "no-unused-vars": ["error", { ignoreRestSiblings: true }],
  "no-var": "error",
  "prefer-const": "error",
};

export default [
  { ignores: [".venv/**", "static/vendor/**", "docs/**", "bench/**"] },
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  js.configs.recommended,
  {
    files: ["static/console/**/*.js"],
    ...compat.configs["flat/recommended"],
    languageOptions: { ecmaVersion: 2022, sourceType: "module", globals: globals.browser },
  },
  { files: ["static/console/**/*.js"], rules: stricter },
  {
    files: ["static/*.js"],
    languageOptions: { ecmaVersion: 2022, sourceType: "module", globals: globals.browser },
  },
  {
    files: ["static/api/*.js", "static/console/theme.js"],
    languageOptions: {
      ecmaVersion: 2022,
      sourceType: "script",
      globals: { ...globals.browser, SwaggerUIBundle: "readonly" },
    },
  },
  {
    files: ["tests/console/**/*.mjs", "eslint.config.js"],
    languageOptions: { ecmaVersion: "latest", globals: globals.node },
    // Tests name such addresses to see that they are refused.
    rules: { ...stricter, "no-script-url": "off" },
  },
];
