/** What is checked without running the program, by name; each is an npm script and works on what was built. */
export const STEPS: Readonly<Record<string, readonly string[]>> = {
  types: ['types'],
  lint: ['lint'],
  format: ['format:check'],
  'nothing unused': ['knip'],
  'plugin metadata': ['metadata', '--', '--check'],
  'command manifest': ['manifest', '--', '--check'],
  'table of sizes': ['sizes', '--', '--check'],
}
