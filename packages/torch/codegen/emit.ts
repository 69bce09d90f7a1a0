/**
 * Schemas to TypeScript by one rule: required arguments are positional, every argument with a
 * default goes into one trailing options object, names become camelCase, and the doc line is the
 * schema.
 */
import type { Schema, SchemaArgument } from './parse.js';
import { argumentNames, dropped, renamed } from './policy.js';

const header =
  '// Made by `npm run generate -w packages/torch` from codegen/schemas.json; not to be edited.';

/** All overloads that share a name become one function. */
export type OverloadGroup = readonly Schema[];

export function emitMethods(
  groups: readonly OverloadGroup[],
  indices: Map<string, number>,
): string {
  const bodies = groups.map((group) => emitGroup(group, indices, 'method'));
  return `${header}
import type { DType } from '../addon/dtype.js';
import { dtypeCode } from '../addon/dtype.js';
import type { Generator } from '../device/random.js';
import { call } from '../addon/native.js';
import type { Tensor } from '../tensor/tensor.js';
import { handlesOf, isTensor, type Scalar, wrap, wrapAll } from '../tensor/tensor.js';

/** The operators of libtorch as methods; \`Tensor\` adds the handwritten ones. */
export abstract class TensorMethods {
  /** The addon's handle of this tensor; 0 once it is disposed of. */
  abstract get handle(): number;

${bodies.join('\n\n')}
}
`;
}

export function emitFunctions(
  groups: readonly OverloadGroup[],
  indices: Map<string, number>,
): string {
  const bodies = groups.map((group) => emitGroup(group, indices, 'function'));
  return `${header}
import type { DType } from '../addon/dtype.js';
import { dtypeCode } from '../addon/dtype.js';
import type { Generator } from '../device/random.js';
import { call } from '../addon/native.js';
import type { Tensor } from '../tensor/tensor.js';
import { type Scalar, handlesOf, wrap, wrapAll } from '../tensor/tensor.js';

${bodies.join('\n\n')}
`;
}

export function emitNames(names: readonly string[]): string {
  return `${header}

/** Operators by the index that \`call\` takes. */
export const operatorNames: readonly string[] = [
${names.map((name) => `  '${name}',`).join('\n')}
];
`;
}

/** `dim_order` -> `dimOrder`; a leading or trailing underscore stays. */
export function camelCase(name: string): string {
  return name.replace(/(?<=[a-z\d])_([a-z\d])/g, (_, letter: string) => letter.toUpperCase());
}

/**
 * Returns the name of an operator in TypeScript. Overloads of one public name become one function.
 */
export function publicName(schema: Schema): string {
  return renamed[schema.fullName] ?? camelCase(schema.name);
}

interface ArgumentSplit {
  readonly positional: readonly SchemaArgument[];
  readonly options: readonly SchemaArgument[];
}

function split(schema: Schema, form: 'method' | 'function'): ArgumentSplit {
  const own = form === 'method' ? schema.arguments.slice(1) : schema.arguments;
  const used = own.filter((argument) => !(argument.name in dropped));
  const isPositional = (argument: SchemaArgument) =>
    !argument.hasDefault && !(argument.keywordOnly && argument.optional);
  return {
    positional: used.filter(isPositional),
    options: used.filter((argument) => !isPositional(argument)),
  };
}

function emitGroup(
  group: OverloadGroup,
  indices: Map<string, number>,
  form: 'method' | 'function',
) {
  const [first] = group;
  if (!first) throw new RangeError('Expected at least one overload');
  const name = publicName(first);
  const keyword = form === 'method' ? '' : 'export function ';
  const signatures = group.map((schema) => ({
    doc: `/** \`${schema.text}\` */`,
    head: `${keyword}${name}(${parameters(schema, form)}): ${returnType(schema)}`,
  }));
  const indent = form === 'method' ? '  ' : '';
  const lines: string[] = [];
  if (group.length === 1) {
    const [only] = signatures;
    lines.push(
      only?.doc ?? '',
      `${only?.head} {`,
      `  return ${invocation(first, indices, form)};`,
      '}',
    );
  } else {
    for (const signature of signatures) lines.push(signature.doc, `${signature.head};`);
    lines.push(...emitChoice(name, keyword, group, indices, form));
  }
  return lines.map((line) => indent + line).join('\n');
}

/**
 * Overloads of one group differ in whether their first argument is a tensor; checked at run time.
 */
function emitChoice(
  name: string,
  keyword: string,
  group: OverloadGroup,
  indices: Map<string, number>,
  form: 'method' | 'function',
): string[] {
  const [one, other] = group;
  const differing = differingArgument(one, other, form) ?? differingArgument(other, one, form);
  if (!one || !other || group.length !== 2 || differing === undefined) {
    throw new RangeError(`Expected overloads of ${name} that differ by a tensor or a scalar`);
  }
  const { tensor, scalar, argument } = differing;
  const test = argument.list ? 'Array.isArray' : 'isTensor';
  const positional = split(tensor, form).positional.map((own, i) => {
    const counterpart = split(scalar, form).positional[i] ?? own;
    return `${argumentName(own)}: ${[...new Set([typeOf(own), typeOf(counterpart)])].join(' | ')}`;
  });
  const options = optionsType([...split(tensor, form).options, ...split(scalar, form).options]);
  const all = options === '' ? positional : [...positional, `options?: ${options}`];
  return [
    `${keyword}${name}(${all.join(', ')}): ${returnType(tensor)} {`,
    `  return ${test}(${argumentName(argument)})`,
    `    ? ${invocation(tensor, indices, form)}`,
    `    : ${invocation(renameLike(scalar, tensor, form), indices, form)};`,
    '}',
  ];
}

function differingArgument(
  tensor: Schema | undefined,
  scalar: Schema | undefined,
  form: 'method' | 'function',
): { tensor: Schema; scalar: Schema; argument: SchemaArgument } | undefined {
  if (!tensor || !scalar) return undefined;
  const others = split(scalar, form).positional;
  const argument = split(tensor, form).positional.find(
    (candidate, i) => candidate.type === 'Tensor' && others[i]?.type === 'Scalar',
  );
  return argument && { tensor, scalar, argument };
}

/** The implementation has one list of names; the second overload is called with those. */
function renameLike(schema: Schema, model: Schema, form: 'method' | 'function'): Schema {
  const names = split(model, form).positional.map((argument) => argument.name);
  const own = split(schema, form).positional;
  const rename = new Map(own.map((argument, i) => [argument.name, names[i] ?? argument.name]));
  return {
    ...schema,
    arguments: schema.arguments.map((argument, i) =>
      form === 'method' && i === 0
        ? argument
        : { ...argument, name: rename.get(argument.name) ?? argument.name },
    ),
  };
}

function argumentName(argument: SchemaArgument): string {
  return argumentNames[argument.name] ?? camelCase(argument.name);
}

function parameters(schema: Schema, form: 'method' | 'function'): string {
  const { positional, options } = split(schema, form);
  const optionalFrom = positional.findLastIndex((argument) => !argument.optional) + 1;
  const parts = positional.map(
    (argument, i) =>
      `${argumentName(argument)}${i >= optionalFrom ? '?' : ''}: ${typeOf(argument)}`,
  );
  const type = optionsType(options);
  return [...parts, ...(type === '' ? [] : [`options?: ${type}`])].join(', ');
}

function optionsType(options: readonly SchemaArgument[]): string {
  const entries = new Map(
    options.map((argument) => [argumentName(argument), `${typeOf(argument)} | undefined`]),
  );
  if (entries.size === 0) return '';
  return `{ ${[...entries].map(([name, type]) => `${name}?: ${type}`).join('; ')} }`;
}

const scalarTypes: Readonly<Record<string, string>> = {
  Tensor: 'Tensor',
  Scalar: 'Scalar',
  int: 'number',
  float: 'number',
  bool: 'boolean',
  str: 'string',
  ScalarType: 'DType',
  Device: 'string',
  Generator: 'Generator',
};

function typeOf(argument: SchemaArgument): string {
  const element = scalarTypes[argument.type];
  if (element === undefined) throw new RangeError(`No TypeScript type for ${argument.type}`);
  const item = argument.sparse ? `(${element} | null)` : element;
  if (!argument.list) return argument.optional ? `${element} | null` : element;
  const list = `readonly ${item}[]`;
  return argument.repeats ? `${element} | ${list}` : list;
}

function returnType(schema: Schema): string {
  if (schema.returns.length === 0) return 'void';
  if (isInPlace(schema)) return 'this';
  if (schema.returns.length > 1) {
    return `[${schema.returns.map((result) => `${result.name}: Tensor`).join(', ')}]`;
  }
  const [result] = schema.returns;
  return result?.list ? 'Tensor[]' : (scalarTypes[result?.type ?? ''] ?? 'void');
}

function isInPlace(schema: Schema): boolean {
  return schema.returns.length === 1 && schema.returns[0]?.written === true;
}

function invocation(
  schema: Schema,
  indices: Map<string, number>,
  form: 'method' | 'function',
): string {
  const { options } = split(schema, form);
  const values = schema.arguments.map((argument, i) => {
    if (form === 'method' && i === 0) return 'this.handle';
    if (argument.name in dropped) return 'undefined';
    const source = options.includes(argument)
      ? `options?.${argumentName(argument)}`
      : argumentName(argument);
    return convert(argument, source, options.includes(argument) || argument.optional);
  });
  while (values.at(-1) === 'undefined') values.pop();
  const call = `call(${[indices.get(schema.fullName), ...values].join(', ')})`;
  if (schema.returns.length === 0) return `void ${call}`;
  if (isInPlace(schema)) return `(${call}, this)`;
  if (schema.returns.length > 1) return `wrapAll(${call}) as ${returnType(schema)}`;
  const type = returnType(schema);
  if (type === 'Tensor') return `wrap(${call})`;
  return type === 'Tensor[]' ? `wrapAll(${call})` : `${call} as ${type}`;
}

/** A typed value to what `call` takes: handles for objects, codes for dtypes. */
function convert(argument: SchemaArgument, source: string, maybeMissing: boolean): string {
  const access = maybeMissing ? '?.' : '.';
  switch (argument.type) {
    case 'Tensor':
      if (!argument.list) return `${source}${access}handle`;
      return `handlesOf(${source})`;
    case 'Generator':
      return `${source}${access}handle`;
    case 'ScalarType':
      return `dtypeCode(${source})`;
    default:
      return source;
  }
}
