/**
 * Measures the memory that a batch of a detector takes on the CPU: the most bytes that libtorch holds
 * beyond weights and gradients.
 *
 *     node packages/um-mae/bench/detector-memory.mjs RECIPE SIDE... [PATH=VALUE...]
 *
 * Each side is that of one square image with twelve objects, of a class of 80. It prints one JSON
 * object a side.
 */
import { memory, resetPeakMemory } from '@um-mae/torch';
import { batchOf } from '../dist/data/loading/loader.js';
import { namedInstances } from '../dist/recipes/detection/named.js';
import { instances } from '../dist/recipes/kind.js';
import { assign, parseAssignment } from '../dist/recipes/values/assignments.js';
import { DetectionTask } from '../dist/tasks/detection/detection-task.js';
import { Trainer } from '../dist/training/steps/trainer.js';

const [name = '', ...rest] = process.argv.slice(2);
const sides = rest.filter((text) => /^\d+$/.test(text)).map(Number);
const assignments = rest.filter((text) => text.includes('=')).map(parseAssignment);
const classes = Array.from({ length: 80 }, (_, i) => `class ${i}`);
const written = {
  ...namedInstances[name],
  from: null,
  data: { train: 'train', val: 'val', classes },
};
const recipe = instances.parse(assign(written, assignments));

/** Twelve squares, from a small one to one of half the image. */
function objectsOf(side) {
  const boxes = Array.from({ length: 12 }, (_, i) => {
    const across = Math.floor((side * (i + 1)) / 24);
    const [left, top] = [(i * side) / 24, (((7 * i) % 12) * side) / 24].map(Math.floor);
    return { left, top, width: across, height: across };
  });
  return {
    boxes: Float32Array.from(
      boxes.flatMap(({ left, top, width }) => [left, top, left + width, top + width]),
    ),
    labels: Int32Array.from(boxes, (_, i) => i),
    masks: boxes.map((box) => ({
      ...box,
      pixels: new Uint8Array(box.width * box.height).fill(1),
    })),
  };
}

const trainer = new Trainer(new DetectionTask({ recipe }), 'cpu');

function step(side) {
  const pixels = Uint8Array.from({ length: 3 * side * side }, (_, i) => (i * 7919) % 256);
  const batch = { ...batchOf(pixels, { height: side, width: side }), objects: [objectsOf(side)] };
  return trainer.accumulate(batch).total.value();
}

// Gradients are there from the first batch of a step on.
step(128);
for (const side of sides) {
  const before = memory().bytes;
  resetPeakMemory();
  const loss = step(side);
  const activationBytes = memory().peakBytes - before;
  console.log(
    JSON.stringify({ recipe: name, side, parameters: trainer.size, activationBytes, loss }),
  );
}
