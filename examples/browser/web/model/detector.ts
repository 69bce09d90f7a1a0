/** A detector in the thread: its graphs, and the objects that they find. */
import { type DetectorGraphs, type DetectorSettings, detect, type SeenObject } from 'um-mae/detect';
import type { RgbImage } from 'um-mae/pixels';
import { UnusableFile } from '../unusable-file.js';
import type { Runtime, RuntimeChoice } from './protocol.js';
import { startGraph } from './runtime.js';

/** A detector that is ready to run. */
export interface RunningDetector {
  readonly settings: DetectorSettings;
  readonly graphs: DetectorGraphs;
  readonly runtime: Runtime;
}

/** Objects with lower scores are not handed to the page. */
const leastScore = 0.05;

/**
 * @param bytes  the graph of pictures
 * @param others files that may hold the graphs of regions
 * @throws UnusableFile when a graph is missing
 */
export async function startDetector(
  bytes: Uint8Array,
  settings: DetectorSettings,
  { name, others, choice }: { name: string; others: readonly File[]; choice: RuntimeChoice },
): Promise<RunningDetector> {
  const { detector: use } = settings;
  // WebGPU lacks operators of the second stage.
  const own = use.stages === 1 ? choice : 'wasm';
  const picture = await startGraph(bytes, own);
  const further = async (part: 'boxes' | 'boxes2' | 'boxes3' | 'masks') => {
    const wanted = name.replace(/\.onnx$/i, `.${part}.onnx`);
    const file = others.find((other) => other.name === wanted);
    if (file) return (await startGraph(new Uint8Array(await file.arrayBuffer()), own)).run;
    throw new UnusableFile(
      `Expected ${wanted} together with ${name} but got no such file; choose or drop both.`,
    );
  };
  const graphs =
    use.stages === 1
      ? { picture: picture.run }
      : {
          picture: picture.run,
          boxes: await further('boxes'),
          ...(use.boxStages > 1 && { boxes2: await further('boxes2') }),
          ...(use.boxStages > 2 && { boxes3: await further('boxes3') }),
          ...(use.hasMasks && { masks: await further('masks') }),
        };
  const detector = { settings, graphs, runtime: picture.runtime };
  // The first run compiles; one that fails is found before the model is said to be ready.
  const { height, width } = settings;
  await findObjects(detector, { height, width, data: new Uint8Array(3 * height * width) });
  return detector;
}

/** The objects of an image, best first, in its own pixels. */
export function findObjects(
  { settings, graphs }: RunningDetector,
  image: RgbImage,
): Promise<SeenObject[]> {
  const least = Math.max(leastScore, settings.detector.leastScore);
  return detect(image, settings, graphs, { leastScore: least });
}
