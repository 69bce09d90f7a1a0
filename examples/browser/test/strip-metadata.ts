import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';

const metadataField = 14;

/** A model of ONNX as somebody else would have written it. */
export function withoutMetadata(model: Uint8Array): Uint8Array {
  const reader = new BinaryReader(model);
  const writer = new BinaryWriter();
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    const value = reader.skip(type, field);
    if (field !== metadataField) writer.tag(field, type).raw(value);
  }
  return writer.finish();
}
