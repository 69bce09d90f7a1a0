/**
 * CRC-32C (Castagnoli), the checksum of TFRecord files; Node's own `crc32` has another polynomial.
 */

/** The polynomial 0x1edc6f41, its bits in reverse. */
const polynomial = 0x82f63b78;

/** The change of the remainder for each value of a byte. */
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) {
    remainder = remainder & 1 ? (remainder >>> 1) ^ polynomial : remainder >>> 1;
  }
  return remainder;
});

export function crc32c(bytes: Uint8Array): number {
  let remainder = 0xffffffff;
  for (const byte of bytes) {
    remainder = (remainder >>> 8) ^ (table[(remainder ^ byte) & 0xff] as number);
  }
  return (remainder ^ 0xffffffff) >>> 0;
}

/**
 * Turned and moved, as TFRecord stores it: a checksum over data that holds checksums is a weak one.
 */
export function maskedCrc32c(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
