/** Programs of cards that show the classes of an image's pixels. */
import { decodedPicture, normalisedPixels } from './image-program.js';
import type { ClassifiedPixels } from './onnx/exported-network.js';
import { inputName } from './onnx/model.js';
import type { ExportSource } from './source.js';

/** A program that writes the mask of each class that transformers.js finds. */
export const masksOfClasses = `const found = await run('cat.jpg');
for (const [i, { label, mask }] of found.entries()) {
  console.log(label);
  await mask.save(\`mask-\${i}.png\`);
}`;

/**
 * A program that writes `mask.png`, where each pixel has the colour of its class.
 *
 * @param name the path of the graph, as code
 */
export function maskProgram(
  name: string,
  { image, isOpen, computation }: ExportSource,
  { colours, scale }: ClassifiedPixels,
): string {
  const { output } = computation;
  return `import { InferenceSession, Tensor } from 'onnxruntime-node';
import sharp from 'sharp';

${isOpen ? scaled(scale) : stretched(image)}
const { data, info } = await resized.raw().toBuffer({ resolveWithObject: true });
const { height, width } = info;
${normalisedPixels}

const session = await InferenceSession.create(${name});
const input = new Tensor('float32', pixels, [1, 3, height, width]);
const { ${output} } = await session.run({ ${inputName}: input });
const colours = ${JSON.stringify(colours)};
${output === 'logits' ? likeliest : 'const classOf = (place) => classes.data[place];'}
const rgb = (place) => Buffer.from(colours[classOf(place)].slice(1), 'hex');
const mask = Buffer.concat(Array.from({ length: height * width }, (_, place) => rgb(place)));
await sharp(mask, { raw: { width, height, channels: 3 } }).toFile('mask.png');`;
}

function stretched({ height, width }: ExportSource['image']): string {
  return `const image = ${decodedPicture};
const resized = image.resize(${width}, ${height}, { fit: 'fill', kernel: 'cubic' });`;
}

function scaled({ long, short }: ClassifiedPixels['scale']): string {
  return `const image = ${decodedPicture};
const { autoOrient } = await image.metadata();
const sides = [autoOrient.width, autoOrient.height];
const factor = Math.min(${long} / Math.max(...sides), ${short} / Math.min(...sides));
const [across, down] = sides.map((side) => Math.max(1, Math.round(side * factor)));
const resized = image.resize(across, down, { fit: 'fill', kernel: 'cubic' });`;
}

const likeliest = `const score = (place, i) => logits.data[i * height * width + place];
const classOf = (place) =>
  colours.reduce((best, _, i) => (score(place, i) > score(place, best) ? i : best), 0);`;
