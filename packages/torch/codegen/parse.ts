/**
 * Reads libtorch's operator schemas, e.g. `aten::flatten(Tensor(a) self, int start_dim=0) ->
 * Tensor(a)`.
 */

/** One argument or result of an operator. */
export interface SchemaArgument {
  readonly name: string;
  /** The type without alias marks, `?`, and list brackets: `Tensor`, `Scalar`, `int`, ... */
  readonly type: string;
  readonly optional: boolean;
  /** A list with holes: `Tensor?[]`. */
  readonly sparse: boolean;
  readonly list: boolean;
  /** `int[2]` also takes one number, used for both. */
  readonly repeats: boolean;
  readonly hasDefault: boolean;
  readonly keywordOnly: boolean;
  /** The operator changes this tensor in place. */
  readonly written: boolean;
}

export interface Schema {
  /** The name with its overload: `aten::add.Tensor`. */
  readonly fullName: string;
  /** The name without namespace and overload: `add`. */
  readonly name: string;
  readonly arguments: readonly SchemaArgument[];
  readonly returns: readonly SchemaArgument[];
  readonly text: string;
}

export function parseSchema(text: string): Schema {
  const match = /^(\w+)::(\w+)(?:\.(\w+))?\((.*)\) -> (.*)$/.exec(text);
  if (!match) throw new SyntaxError(`Expected an operator schema but got ${text}`);
  const [, namespace, name = '', overload, parameters = '', results = ''] = match;
  return {
    fullName: `${namespace}::${name}${overload ? `.${overload}` : ''}`,
    name,
    arguments: parseArguments(parameters),
    returns: parseArguments(results.replace(/^\((.*)\)$/, '$1')),
    text,
  };
}

function parseArguments(text: string): SchemaArgument[] {
  let keywordOnly = false;
  const parsed: SchemaArgument[] = [];
  for (const part of splitOutsideBrackets(text)) {
    if (part === '*') keywordOnly = true;
    else parsed.push(parseArgument(part, keywordOnly));
  }
  return parsed;
}

function parseArgument(text: string, keywordOnly: boolean): SchemaArgument {
  const [declaration = '', fallback] = text.split(/=(.*)/s);
  // Alias marks may hold a blank: `Tensor(a -> *)[] results`.
  const [bare = '', name = ''] = declaration.replace(/\([^)]*\)/g, '').split(' ');
  return {
    name,
    type: bare.replace(/[?[\]\d]/g, '').replace('SymInt', 'int'),
    optional: bare.endsWith('?'),
    sparse: bare.includes('?['),
    list: bare.includes('['),
    repeats: /\[\d+\]/.test(bare),
    hasDefault: fallback !== undefined,
    keywordOnly,
    written: declaration.includes('!'),
  };
}

/** Splits at commas that stand outside any bracket: defaults such as `[0, 1]` hold commas too. */
function splitOutsideBrackets(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const character = text[i] ?? '';
    if ('([{'.includes(character)) depth++;
    else if (')]}'.includes(character)) depth--;
    else if (character === ',' && depth === 0) {
      parts.push(text.slice(start, i).trim());
      start = i + 1;
    }
  }
  const last = text.slice(start).trim();
  return last === '' ? parts : [...parts, last];
}
