/** Programs of cards that run a graph on one image of a fixed size. */
import { deviation, mean } from '../images/normalise.js';
import { inputName } from './onnx/model.js';
import type { ExportSource } from './source.js';

/** The decoded picture of a program of a card: upright, RGB, without transparency. */
export const decodedPicture = "sharp('cat.jpg').rotate().removeAlpha().toColourspace('srgb')";

/** Lines that make `pixels`, [3, height, width], of RGB bytes `data`, [height, width, 3]. */
export const normalisedPixels = `const [mean, deviation] = [[${mean.join(', ')}], [${deviation.join(', ')}]];
const pixels = Float32Array.from({ length: 3 * height * width }, (_, i) => {
  const [colour, place] = [Math.floor(i / (height * width)), i % (height * width)];
  return (data[3 * place + colour] / 255 - mean[colour]) / deviation[colour];
});`;

/**
 * A program that prints the likeliest class of an image, or the length of its embedding.
 *
 * @param name the path of the graph, as code
 */
export function imageProgram(
  name: string,
  { image, computation: { output }, classes }: ExportSource,
): string {
  return `import { InferenceSession, Tensor } from 'onnxruntime-node';
import sharp from 'sharp';
import { evaluationCrop, resample } from 'um-mae/pixels';

const [height, width] = [${image.height}, ${image.width}];
const picture = await ${decodedPicture}
  .raw()
  .toBuffer({ resolveWithObject: true });
const whole = { width: picture.info.width, height: picture.info.height, data: picture.data };
const data = resample(whole, evaluationCrop(whole, { height, width }));
${normalisedPixels}

const session = await InferenceSession.create(${name});
const input = new Tensor('float32', pixels, [1, 3, height, width]);
const { ${output} } = await session.run({ ${inputName}: input });
${classes.length > 0 ? likeliestOf(output, classes) : `console.log(${output}.dims, ${output}.data);`}`;
}

function likeliestOf(output: string, classes: readonly string[]): string {
  return `const classes = ${JSON.stringify(classes)};
console.log(classes[${output}.data.indexOf(Math.max(...${output}.data))]);`;
}
