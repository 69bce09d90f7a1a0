/** Programs of cards that find the objects of an image. */
import { deviation, mean } from '../images/normalise.js';
import { decodedPicture } from './image-program.js';
import type { FoundObjects } from './onnx/exported-network.js';
import type { ExportSource } from './source.js';

/**
 * A program that prints the objects of an image.
 *
 * @param name the path of the first graph, as code
 */
export function objectProgram(
  name: string,
  { image, classes }: ExportSource,
  { use, interpolation, regionGraphs }: FoundObjects,
): string {
  const settings = { ...image, interpolation, mean, deviation, classes, detector: use(image) };
  const graphs = regionGraphs(image).map(
    (region) =>
      `\n  ${region.name}: await graph(${name.replace(/(\.onnx"?)$/, `.${region.name}$1`)}),`,
  );
  return `import { InferenceSession, Tensor } from 'onnxruntime-node';
import sharp from 'sharp';
import { detect, sessionGraph } from 'um-mae/detect';

const settings = ${JSON.stringify(settings)};
const graph = async (path) => sessionGraph(await InferenceSession.create(path), Tensor);
const graphs = {
  picture: await graph(${name}),${graphs.join('')}
};
const picture = ${decodedPicture}.raw();
const { data, info } = await picture.toBuffer({ resolveWithObject: true });
for (const { name, score, box } of await detect({ ...info, data }, settings, graphs)) {
  console.log(name, score, box);
}`;
}
