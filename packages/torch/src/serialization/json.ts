/**
 * JSON of files that anyone may have written, with bounds on what it unfolds to.
 *
 * `JSON.parse` takes any depth, but what looks at the result by recursion does not. It takes any
 * number of values too, and a value of two letters takes some sixty bytes.
 */

export interface JsonLimits {
  /** Levels of lists and objects in each other. Default 64. */
  readonly deepest?: number;
  /** Items of all lists and objects, and these themselves. Default 2^26. */
  readonly mostValues?: number;
}

const [quote, comma, backslash] = [0x22, 0x2c, 0x5c];
const [openList, closeList, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Parses a text whose extent is checked before memory is taken for its values.
 *
 * @throws SyntaxError when it is no JSON, or larger than the limits
 */
export function parseJson(text: string, limits: JsonLimits = {}): unknown {
  checkExtent(text, limits);
  return JSON.parse(text);
}

function checkExtent(text: string, { deepest = 64, mostValues = 2 ** 26 }: JsonLimits): void {
  let [depth, values] = [0, 0];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === quote) i = endOfString(text, i);
    else if (code === comma) values++;
    else if (code === openList || code === openObject) {
      values++;
      if (++depth > deepest) throw new SyntaxError(`more than ${deepest} levels of nesting`);
    } else if (code === closeList || code === closeObject) depth--;
    if (values > mostValues) throw new SyntaxError(`more than ${mostValues} values`);
  }
}

/** The place of the quote that ends a string, or the end of the text where there is none. */
function endOfString(text: string, start: number): number {
  for (let end = start; ; ) {
    end = text.indexOf('"', end + 1);
    if (end < 0) return text.length;
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === backslash) slashes++;
    if (slashes % 2 === 0) return end;
  }
}

/**
 * The names in the outermost object of a text that is JSON, in their order; `JSON.parse` keeps only
 * the last of two equal ones.
 */
export function* outermostNames(json: string): Generator<string> {
  let depth = 0;
  // Within the outermost object, a name is the first string behind its brace or a comma.
  let isName = false;
  for (let i = 0; i < json.length; i++) {
    const code = json.charCodeAt(i);
    if (code === quote) {
      const end = endOfString(json, i);
      if (isName) yield JSON.parse(json.slice(i, end + 1)) as string;
      isName = false;
      i = end;
    } else if (code === openList || code === openObject) {
      depth++;
      isName = depth === 1 && code === openObject;
    } else if (code === closeList || code === closeObject) depth--;
    else if (code === comma) isName = depth === 1;
  }
}
