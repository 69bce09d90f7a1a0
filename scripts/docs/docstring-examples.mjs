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

/** The declarations of what a package exports, compiled. */
function entriesOf(folder) {
  const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  // Entries of another form are scripts, which only programs call.
  const compiled = Object.values(exports).filter((path) => /^\.\/dist\/.*js$/.test(path));
  return compiled.map((path) => join(folder, path.replace(/js$/, 'd.ts')));
}

/**
 * The examples of whole entry points of a package, in the docstrings of their modules.
 *
 * @param {string} folder of the package, compiled
 * @returns {{ name: string, examples: string[] }[]} one for each entry point that has some
 */
export function moduleExamples(folder) {
  return entriesOf(folder).flatMap((entry) => {
    const [, comment] = /^\/\*\*\n([\s\S]*?)\n \*\//.exec(readFileSync(entry, 'utf8')) ?? [];
    const text = (comment ?? '').replace(/^ \* ?/gm, '');
    const examples = [...text.matchAll(/^@example.*\n```ts\n([\s\S]*?)\n```$/gm)];
    const [, name] = /^@module (\S+)$/m.exec(text) ?? [];
    return examples.length === 0 ? [] : [{ name, examples: examples.map(([, code]) => code) }];
  });
}

/** The names that an example imports from a package. */
export function importedNames(example, name) {
  const imports = example.matchAll(/^import \{([^}]*)\} from '([^']*)';$/gm);
  return [...imports]
    .filter(([, , from]) => from === name || from.startsWith(`${name}/`))
    .flatMap(([, names]) => names.split(',').map((word) => word.trim()));
}

/**
 * The exported functions of a package, each with its examples.
 *
 * @param {string} folder of the package, compiled
 * @returns {{ name: string, examples: string[] }[]} one for each function of any entry point
 */
export function exportedFunctions(folder) {
  const entries = entriesOf(folder);
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
