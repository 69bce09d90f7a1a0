/**
 * Milliseconds an image that COCO's evaluation takes, on 5000 images of made-up objects and
 * detections.
 *
 * Run: node packages/um-mae/bench/coco-evaluation.mjs [IMAGES [FOLDER]]
 *
 * With a folder it writes them there as COCO's files, for coco-evaluation.py.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { evaluateDetections } from '../dist/detection/coco/evaluate.js';
import { cocoSummary } from '../dist/detection/coco/summary.js';
import { boxMask } from '../dist/detection/run-lengths/polygon.js';
import { joinMasks } from '../dist/detection/run-lengths/run-lengths.js';
import { runLengthText } from '../dist/detection/run-lengths/text.js';
import { seededRandom } from '../dist/random.js';

const images = Array.from({ length: Number(process.argv[2] ?? 5000) }, (_, i) => i + 1);
const categories = Array.from({ length: 80 }, (_, i) => i + 1);
const size = { height: 480, width: 640 };
const random = seededRandom(0);
const below = (most) => Math.floor(random() * most);

/** A mask of two boxes, of about as many runs as an object of COCO. */
function outline([left, top, width, height]) {
  const half = [left + width / 4, top, width / 2, height];
  const whole = [left, top + height / 4, width, height / 2];
  return joinMasks(boxMask(half, size), boxMask(whole, size), 'union');
}

function made(image, box, category) {
  return { image, category, box, mask: outline(box) };
}

let id = 1;
const objects = images.flatMap((image) =>
  Array.from({ length: 7 }, () => {
    const box = [below(500), below(350), 8 + below(130), 8 + below(120)];
    const object = made(image, box, 1 + below(80));
    return { ...object, id: id++, area: box[2] * box[3] * 0.75, isCrowd: id % 100 === 0 };
  }),
);
const near = objects.flatMap(({ image, box, category }) =>
  Array.from({ length: 3 }, () => {
    const moved = box.map((side) => side + below(12));
    return { ...made(image, moved, category), score: random() };
  }),
);
const far = images.flatMap((image) =>
  Array.from({ length: 29 }, () => {
    const box = [below(500), below(350), 8 + below(130), 8 + below(120)];
    return { ...made(image, box, 1 + below(80)), score: random() / 2 };
  }),
);
const found = [...near, ...far];
console.log(`${images.length} images, ${objects.length} objects, ${found.length} detections`);
const folder = process.argv[3];
if (folder) writeFiles();
for (const by of ['box', 'mask']) {
  const given = by === 'box' ? found : found.map((one) => ({ ...one, box: undefined }));
  const times = [];
  for (let round = 0; round < 3; round++) {
    const start = performance.now();
    const { AP } = cocoSummary(evaluateDetections(objects, given, { by, images, categories }));
    times.push((performance.now() - start) / images.length);
    if (round === 0) console.log(`${by}: AP ${AP.toFixed(4)}`);
  }
  const [, median] = times.sort((a, b) => a - b);
  const seconds = ((median * images.length) / 1000).toFixed(1);
  console.log(`  ${median.toFixed(2)} ms an image, ${seconds} s in all (median of 3)`);
}

function writeFiles() {
  mkdirSync(folder, { recursive: true });
  const write = (name, content) => writeFileSync(join(folder, name), JSON.stringify(content));
  const coded = ({ mask }) => ({
    size: [mask.height, mask.width],
    counts: runLengthText(mask),
  });
  const place = ({ image, category }) => ({ image_id: image, category_id: category });
  write('annotations.json', {
    images: images.map((image) => ({ id: image, ...size })),
    categories: categories.map((category) => ({ id: category, name: `class ${category}` })),
    annotations: objects.map((one) => ({
      ...place(one),
      id: one.id,
      bbox: one.box,
      area: one.area,
      iscrowd: Number(one.isCrowd),
      segmentation: coded(one),
    })),
  });
  write(
    'bbox.json',
    found.map((one) => ({ ...place(one), score: one.score, bbox: one.box })),
  );
  write(
    'segm.json',
    found.map((one) => ({ ...place(one), score: one.score, segmentation: coded(one) })),
  );
}
