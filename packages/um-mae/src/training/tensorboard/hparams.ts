/**
 * Values of a recipe for TensorBoard's plugin `hparams`, whose table compares runs by them. Scores
 * are the run's own scalars, which it finds by itself.
 *
 * Source: plugin_data.proto, summary.proto and google/protobuf/struct.proto of TensorBoard 2.19; the
 * numbers below are those of their fields. An experiment is left out: TensorBoard makes it of the
 * runs that are there.
 */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** A value that the plugin can compare. */
export type Hyperparameter = string | number | boolean;

/** The beginning or the end of a run, as the plugin takes it. */
export type SessionMoment =
  /** @param time seconds since 1970 */
  | {
      readonly kind: 'session-start';
      readonly values: ReadonlyMap<string, Hyperparameter>;
      readonly time: number;
    }
  | { readonly kind: 'session-end'; readonly time: number };

/** The name of the plugin. */
export const hparamsPlugin = 'hparams';

/** The tags that the plugin looks for. */
export const sessionTags: Readonly<Record<SessionMoment['kind'], string>> = {
  'session-start': '_hparams_/session_start_info',
  'session-end': '_hparams_/session_end_info',
};

/** Status 1 is success: a run that has not ended says nothing. */
const success = 1;

/** Returns a message `HParamsPluginData`, of version 0. */
export function encodeSession(moment: SessionMoment): Uint8Array {
  const [field, content] =
    moment.kind === 'session-start'
      ? ([3, sessionStart(moment)] as const)
      : ([4, sessionEnd(moment)] as const);
  return new BinaryWriter().tag(field, WireType.LengthDelimited).bytes(content).finish();
}

function sessionStart({
  values,
  time,
}: Extract<SessionMoment, { kind: 'session-start' }>): Uint8Array {
  const message = new BinaryWriter();
  for (const [name, value] of values) {
    // An entry of a map is a message of a key and a value.
    const entry = new BinaryWriter().tag(1, WireType.LengthDelimited).string(name);
    entry.tag(2, WireType.LengthDelimited).bytes(encodeValue(value));
    message.tag(1, WireType.LengthDelimited).bytes(entry.finish());
  }
  return message.tag(5, WireType.Bit64).double(time).finish();
}

function sessionEnd({ time }: Extract<SessionMoment, { kind: 'session-end' }>): Uint8Array {
  const message = new BinaryWriter().tag(1, WireType.Varint).int32(success);
  return message.tag(2, WireType.Bit64).double(time).finish();
}

/** Returns a message `google.protobuf.Value`. */
function encodeValue(value: Hyperparameter): Uint8Array {
  const message = new BinaryWriter();
  switch (typeof value) {
    case 'number':
      return message.tag(2, WireType.Bit64).double(value).finish();
    case 'string':
      return message.tag(3, WireType.LengthDelimited).string(value).finish();
    case 'boolean':
      return message.tag(4, WireType.Varint).bool(value).finish();
  }
}

/** Longer lists and texts, such as the names of all classes, make no column that is read. */
const longestText = 100;

/**
 * The values of a recipe by their dotted paths, without the images: numbers, texts and booleans as
 * they are, lists in JSON. What is null or long is left out.
 */
export function hyperparametersOf(recipe: object): Map<string, Hyperparameter> {
  const { data: _, ...others }: { readonly data?: unknown } = { ...recipe };
  return new Map(entriesOf(others, ''));
}

function entriesOf(group: object, prefix: string): [string, Hyperparameter][] {
  return Object.entries(group).flatMap(([key, value]): [string, Hyperparameter][] => {
    const path = prefix + key;
    if (typeof value === 'number' || typeof value === 'boolean') return [[path, value]];
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return entriesOf(value, `${path}.`);
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return value === null || text === undefined || text.length > longestText ? [] : [[path, text]];
  });
}
