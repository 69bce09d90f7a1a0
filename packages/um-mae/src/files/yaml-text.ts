/**
 * YAML that anyone may have written: recipes, also those inside of weights and of runs, and lists of
 * classes.
 *
 * The parser of the library calls itself at each level, compares each key with all others of its
 * group, and writes keys that are groups as text, at each level again. So depth and keys are checked
 * here.
 */
import { type Document, isScalar, Lexer, parseDocument, visit } from 'yaml';

/** Recipes take some thousands of letters; names of classes are the most that is written so. */
const longest = 2 ** 20;
const deepest = 100;
const mostAliases = 100;
/** Values after aliases have been followed. */
const mostValues = 2 ** 18;

/**
 * Parses a text of at most 1 MiB and 100 levels.
 *
 * @throws SyntaxError with the reason, when it is no YAML, or more than is taken
 */
export function parseYaml(text: string): unknown {
  if (text.length > longest) throw new SyntaxError(`more than ${longest} letters`);
  checkDepth(text);
  const value = contentOf(text);
  checkExtent(value);
  return value;
}

/** The content of a text. Errors of the library are of many classes, as that of an unknown alias. */
function contentOf(text: string): unknown {
  try {
    // Telling the places of all errors takes long where there are many.
    const options = { uniqueKeys: false, prettyErrors: false, logLevel: 'error' } as const;
    const document = parseDocument(text, options);
    const [error] = document.errors;
    if (error) throw new SyntaxError(`${error.message} at ${placeIn(text, error.pos[0])}`);
    checkNodes(document);
    return document.toJS({ maxAliasCount: mostAliases });
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause;
    throw new SyntaxError(firstLine(cause.message), { cause });
  }
}

/**
 * Groups are nested by brackets, and by the spaces that lines begin with and the marks of items, keys
 * and values in them, each level by one at least.
 */
function checkDepth(text: string): void {
  let [brackets, columns, isBeginning] = [0, 0, true];
  for (const token of new Lexer().lex(text)) {
    if (token === '[' || token === '{') brackets++;
    else if (token === ']' || token === '}') brackets--;
    if (isLineEnd(token)) columns = 0;
    else if (/^[ \t]+$/.test(token) ? isBeginning : brackets === 0 && /^[-?:]$/.test(token)) {
      columns += token.length;
    }
    isBeginning = isLineEnd(token) || (isBeginning && /^[ \t]+$/.test(token));
    if (brackets > deepest || columns > deepest) {
      throw new SyntaxError(`more than ${deepest} levels of groups`);
    }
  }
}

function isLineEnd(token: string): boolean {
  return token === '\n' || token === '\r\n';
}

/** Checks keys, which the parser would take long for, and the number of aliases. */
function checkNodes(document: Document.Parsed): void {
  let aliases = 0;
  visit(document, {
    Alias() {
      aliases++;
      if (aliases > mostAliases) throw new SyntaxError(`more than ${mostAliases} aliases`);
    },
    Map(_, { items }) {
      const keys = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) throw new SyntaxError('a group or an alias as a key');
        if (keys.has(key.value)) throw new SyntaxError(`the key ${shown(key.value)} twice`);
        keys.add(key.value);
      }
    },
  });
}

/** The length of what aliases unfold to; one that leads to a group around it has no end. */
function checkExtent(root: unknown): void {
  let values = 0;
  const visitValue = (value: unknown, level: number) => {
    values++;
    if (values > mostValues) throw new SyntaxError(`more than ${mostValues} values`);
    if (level > 2 * deepest) throw new SyntaxError(`more than ${deepest} levels of groups`);
    if (typeof value !== 'object' || value === null) return;
    for (const item of Object.values(value)) visitValue(item, level + 1);
  };
  visitValue(root, 0);
}

function firstLine(message: string): string {
  return (message.slice(0, 300).split('\n')[0] ?? '').replace(/:$/, '');
}

function placeIn(text: string, at: number): string {
  const lines = text.slice(0, at).split('\n');
  return `line ${lines.length}, column ${(lines.at(-1) ?? '').length + 1}`;
}

function shown(key: unknown): string {
  return `\`${String(key).slice(0, 60)}\``;
}
