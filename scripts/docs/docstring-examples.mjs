/** Finds the examples in the docstrings of what packages export. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** The strictness that examples are held to. */
export const compilerOptions = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noUnusedLocals: true,
  skipLibCheck: true,
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  types: ['node'],
};

/**
 * The exported functions of a package, each with its examples.
 *
 * @param {string} folder of the package, compiled
 * @returns {{ name: string, examples: string[] }[]} one for each function of any entry point
 */
export function exportedFunctions(folder) {
  const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const entries = Object.values(exports).map((path) => join(folder, path.replace(/js$/, 'd.ts')));
  const program = ts.createProgram(entries, compilerOptions);
  const checker = program.getTypeChecker();
  const functions = new Map();
  for (const entry of entries) {
    const module = checker.getSymbolAtLocation(program.getSourceFile(entry));
    for (const exported of checker.getExportsOfModule(module)) {
      const isAlias = exported.flags & ts.SymbolFlags.Alias;
      const symbol = isAlias ? checker.getAliasedSymbol(exported) : exported;
      const { valueDeclaration: declaration } = symbol;
      if (!declaration || !ts.isFunctionDeclaration(declaration)) continue;
      if (!declaration.getSourceFile().fileName.startsWith(folder)) continue;
      functions.set(symbol.name, examplesOf(symbol));
    }
  }
  return [...functions].map(([name, examples]) => ({ name, examples }));
}

function examplesOf(symbol) {
  return symbol
    .getJsDocTags()
    .filter(({ name }) => name === 'example')
    .map(({ text }) => /^```ts\n([\s\S]*)\n```$/.exec(ts.displayPartsToString(text))?.[1])
    .filter((example) => example !== undefined);
}
