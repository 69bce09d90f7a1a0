/**
 * The events of TensorBoard as protocol buffers.
 *
 * Source: TensorFlow's event.proto and summary.proto; the numbers below are those of their fields.
 */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { encodeSession, hparamsPlugin, type SessionMoment, sessionTags } from './hparams.js';

/** A named number or picture of one step, or what the table of runs has to know. */
export type EventValue =
  | { readonly tag: string; readonly value: number }
  /** A PNG. */
  | { readonly tag: string; readonly image: Uint8Array }
  | { readonly session: SessionMoment };

export type Event =
  /** The first of a file. */
  | { readonly kind: 'version' }
  /** A run begins, or goes on: what was written of this step and later ones no longer counts. */
  | { readonly kind: 'start'; readonly step: number }
  | { readonly kind: 'summary'; readonly step: number; readonly summaries: readonly EventValue[] };

/** @param wallTime seconds since 1970 */
export function encodeEvent(event: Event, wallTime: number): Uint8Array {
  const message = new BinaryWriter().tag(1, WireType.Bit64).double(wallTime);
  if (event.kind !== 'version') message.tag(2, WireType.Varint).int64(event.step);
  switch (event.kind) {
    case 'version':
      return message.tag(3, WireType.LengthDelimited).string('brain.Event:2').finish();
    case 'start':
      return message.tag(7, WireType.LengthDelimited).bytes(sessionStart()).finish();
    case 'summary':
      return message.tag(5, WireType.LengthDelimited).bytes(encodeSummary(event)).finish();
  }
}

/** A `SessionLog` of status START. */
function sessionStart(): Uint8Array {
  return new BinaryWriter().tag(1, WireType.Varint).int32(1).finish();
}

function encodeSummary({ summaries }: { readonly summaries: readonly EventValue[] }): Uint8Array {
  const message = new BinaryWriter();
  for (const summary of summaries) {
    message.tag(1, WireType.LengthDelimited).bytes(encodeValue(summary));
  }
  return message.finish();
}

function encodeValue(summary: EventValue): Uint8Array {
  if ('session' in summary) return encodeSessionValue(summary.session);
  const message = new BinaryWriter().tag(1, WireType.LengthDelimited).string(summary.tag);
  if ('value' in summary) return message.tag(2, WireType.Bit32).float(summary.value).finish();
  return message.tag(4, WireType.LengthDelimited).bytes(encodeImage(summary.image)).finish();
}

/** A value without a number: all is in the metadata, which name the plugin. */
function encodeSessionValue(session: SessionMoment): Uint8Array {
  const plugin = new BinaryWriter().tag(1, WireType.LengthDelimited).string(hparamsPlugin);
  plugin.tag(2, WireType.LengthDelimited).bytes(encodeSession(session));
  const metadata = new BinaryWriter().tag(1, WireType.LengthDelimited).bytes(plugin.finish());
  const message = new BinaryWriter().tag(1, WireType.LengthDelimited);
  message.string(sessionTags[session.kind]);
  return message.tag(9, WireType.LengthDelimited).bytes(metadata.finish()).finish();
}

function encodeImage(png: Uint8Array): Uint8Array {
  // A PNG begins with 8 bytes of signature and the header chunk, whose data are at 16.
  const header = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const [width, height] = [header.getUint32(16), header.getUint32(20)];
  const message = new BinaryWriter();
  for (const [field, number] of [height, width, 3].entries()) {
    message.tag(field + 1, WireType.Varint).int32(number); // height, width, colour channels
  }
  return message.tag(4, WireType.LengthDelimited).bytes(png).finish();
}
