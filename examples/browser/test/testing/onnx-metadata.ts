import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

const metadataField = 14;

/** A model of ONNX with this metadata instead of its own. */
export function withMetadata(
  model: Uint8Array,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const reader = new BinaryReader(model);
  const writer = new BinaryWriter();
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    const value = reader.skip(type, field);
    if (field !== metadataField) writer.tag(field, type).raw(value);
  }
  for (const [key, value] of Object.entries(metadata)) {
    const entry = new BinaryWriter();
    entry.tag(1, WireType.LengthDelimited).string(key);
    entry.tag(2, WireType.LengthDelimited).string(value);
    writer.tag(metadataField, WireType.LengthDelimited).bytes(entry.finish());
  }
  return writer.finish();
}
