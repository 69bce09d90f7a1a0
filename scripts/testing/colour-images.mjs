import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';

/** Writes four images of one colour each into a new folder, as the addon for images decodes them. */
export async function writeColourImages(folder) {
  mkdirSync(folder);
  for (const red of [0, 80, 160, 240]) {
    const background = { r: red, g: 100, b: 200 };
    const image = sharp({ create: { width: 64, height: 64, channels: 3, background } });
    await image.jpeg().toFile(join(folder, `${red}.jpg`));
  }
}
