/**
 * 100,000 images in ten shards: how long until the first batch, and how much memory an epoch takes.
 *
 *     node packages/um-mae/bench/shards.mjs
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { tarEnd, tarHeader, tarPadding } from '../dist/data/curation/tar-writer.js';
import { ImageLoader } from '../dist/data/loading/loader.js';
import { openImages } from '../dist/data/sources/open-images.js';

const [shards, imagesPerShard] = [10, 10_000];
const folder = mkdtempSync(join(tmpdir(), 'um-mae-shards-'));
const say = (what, value) => process.stdout.write(`${what.padEnd(36)} ${value}\n`);
const seconds = (startMs) => `${((performance.now() - startMs) / 1000).toFixed(2)} s`;
const resident = () => `${(process.memoryUsage.rss() / 1e6).toFixed(0)} MB`;

/** A few encoded images, again and again under other names, each with its class. */
async function writeShards() {
  const contents = await Promise.all(
    Array.from({ length: 64 }, (_, i) =>
      sharp({
        create: {
          width: 48,
          height: 48,
          channels: 3,
          background: { r: 4 * i, g: 100, b: 9 },
          noise: { type: 'gaussian', mean: 128, sigma: 30 },
        },
      })
        .jpeg()
        .toBuffer(),
    ),
  );
  const member = (name, bytes) => [tarHeader(name, bytes.length), bytes, tarPadding(bytes.length)];
  for (let shard = 0; shard < shards; shard++) {
    const parts = [];
    for (let i = 0; i < imagesPerShard; i++) {
      const number = shard * imagesPerShard + i;
      const key = `class-${number % 10}/${String(number).padStart(8, '0')}`;
      parts.push(...member(`${key}.jpg`, contents[number % contents.length]));
      parts.push(...member(`${key}.cls`, Buffer.from(String(number % 10))));
    }
    const path = join(folder, `${String(shard).padStart(6, '0')}.tar`);
    writeFileSync(path, Buffer.concat([...parts, tarEnd]));
  }
}

async function measure() {
  for (const what of ['open, which makes the indexes', 'open again']) {
    const startMs = performance.now();
    await openImages([folder]);
    say(what, seconds(startMs));
  }
  const startMs = performance.now();
  const { images } = await openImages([folder]);
  const loader = new ImageLoader({
    images,
    height: 32,
    width: 32,
    batchSize: 256,
    seed: 1,
    workers: 2,
    transform: { kind: 'random-resized-crop', area: [0.2, 1], aspect: [0.75, 1.33], flip: 0.5 },
  });
  let seen = 0;
  for await (const { indices } of loader.epoch(0)) {
    if (seen === 0) say('open and first batch', seconds(startMs));
    const before = seen;
    seen += indices.length;
    if (Math.floor(seen / 20_000) > Math.floor(before / 20_000)) {
      say(`memory after ${seen} images`, resident());
    }
  }
  say('epoch', seconds(startMs));
  await loader.close();
}

try {
  await writeShards();
  await measure();
} finally {
  rmSync(folder, { recursive: true });
}
