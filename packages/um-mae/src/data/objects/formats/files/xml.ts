/** XML of annotations as a tree. Entities are never expanded, but for the five of XML itself. */
import sax from 'sax';
import { readBytes, readText } from './text-file.js';

/** An element with what it holds. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** The text of the element itself, without blanks around it. */
  readonly text: string;
}

interface OpenElement extends XmlElement {
  readonly children: XmlElement[];
  text: string;
}

/**
 * Reads a file, in the encoding that it declares where it is not UTF-8 or UTF-16.
 *
 * @returns as `parseXml`
 * @throws DataError when the file cannot be read
 */
export function readXml(path: string): XmlElement | { readonly fault: string } {
  const text = readText(path);
  const encoding = /^\s*<\?xml[^>]*encoding=["']([\w.:-]+)["']/.exec(text)?.[1];
  if (encoding === undefined || /^utf-?\d/i.test(encoding)) return parseXml(text);
  const known = decoderOf(encoding);
  if (!known) return { fault: 'in an encoding that is not known' };
  return parseXml(known.decode(readBytes(path)));
}

function decoderOf(encoding: string): InstanceType<typeof TextDecoder> | undefined {
  try {
    return new TextDecoder(encoding);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/**
 * Parses a document.
 *
 * @returns its root, or the reason why it is not read
 */
export function parseXml(text: string): XmlElement | { readonly fault: string } {
  const parser = sax.parser(true, { trim: true, xmlns: false });
  const open: OpenElement[] = [];
  let root: XmlElement | undefined;
  parser.ondoctype = () => {
    throw new Fault('with a document type, which may define entities');
  };
  parser.onerror = (error) => {
    throw new Fault(`damaged (${error.message.split('\n')[0]})`);
  };
  parser.onopentag = ({ name, attributes }) => {
    const element = {
      name,
      attributes: attributes as Record<string, string>,
      children: [],
      text: '',
    };
    if (open.length >= deepest) throw new Fault(`of more than ${deepest} levels`);
    open.at(-1)?.children.push(element);
    root ??= element;
    open.push(element);
  };
  parser.ontext = (part) => {
    const last = open.at(-1);
    if (last) last.text += part;
  };
  parser.oncdata = parser.ontext;
  parser.onclosetag = () => open.pop();
  try {
    parser.write(text).close();
  } catch (error) {
    if (error instanceof Fault) return { fault: error.message };
    throw error;
  }
  return root ?? { fault: 'empty' };
}

/** Elements in each other; the parser goes through all open ones at a wrong end. */
const deepest = 64;

/** The reason why a document is not read further: the parser would go on after it, and take long. */
class Fault extends Error {}

/** Whether a document was read. */
export function isElement(found: XmlElement | { readonly fault: string }): found is XmlElement {
  return 'children' in found;
}

/** The first child of a name. */
export function childOf(element: XmlElement, name: string): XmlElement | undefined {
  return element.children.find((child) => child.name === name);
}

/** All children of a name. */
export function childrenOf(element: XmlElement, name: string): XmlElement[] {
  return element.children.filter((child) => child.name === name);
}

/** The text of the first child of a name. */
export function textOf(element: XmlElement, name: string): string | undefined {
  return childOf(element, name)?.text;
}
