/** A detector in the thread: its graphs, and the objects that they find. */
import { type DetectorGraphs, type DetectorSettings, detect, type SeenObject } from 'um-mae/detect';
import type { RgbImage } from 'um-mae/pixels';
import { UnusableFile } from '../unusable-file.js';
import type { LoadRequest, Runtime } from './protocol.js';
import { startGraph } from './runtime.js';

/** A detector that is ready to run. */
export interface RunningDetector {
  readonly settings: DetectorSettings;
  readonly graphs: DetectorGraphs;
  readonly runtime: Runtime;
}

/** Objects with lower scores are not handed to the page. */
const leastScore = 0.05;

/** The place of a detector's graphs. */
type DetectorSource = Pick<LoadRequest, 'others' | 'address' | 'choice'> & {
  /** The name of the graph of pictures, from which those of the others follow. */
  readonly name: string;
};

/**
 * @param bytes  the graph of pictures
 * @param source where the graphs of regions are
 * @throws UnusableFile when a graph is missing
 */
export async function startDetector(
  bytes: Uint8Array,
  settings: DetectorSettings,
  source: DetectorSource,
): Promise<RunningDetector> {
  const { detector: use } = settings;
  const { choice } = source;
  // WebGPU lacks operators of the second stage.
  const own = use.stages === 1 ? choice : 'wasm';
  const picture = await startGraph(bytes, own);
  const further = async (part: 'boxes' | 'boxes2' | 'boxes3' | 'masks') => {
    const file = await partOf(source, part);
    return (await startGraph(new Uint8Array(await file.arrayBuffer()), own)).run;
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

/** A graph that a user gave, or that lies beside the one that the address of the page names. */
async function partOf({ name, others, address }: DetectorSource, part: string): Promise<Blob> {
  const wanted = name.replace(/\.onnx$/i, `.${part}.onnx`);
  const file = others.find((other) => other.name === wanted);
  if (file) return file;
  if (address === undefined) {
    throw new UnusableFile(
      `Expected ${wanted} together with ${name} but got no such file; choose or drop both.`,
    );
  }
  const response = await fetch(new URL(encodeURIComponent(wanted), address)).catch(() => undefined);
  if (response?.ok) return response.blob();
  throw new UnusableFile(
    `Expected ${wanted} beside ${name} but got ${response ? `answer ${response.status}` : 'no answer'}.`,
  );
}

/** The objects of an image, best first, in its own pixels. */
export function findObjects(
  { settings, graphs }: RunningDetector,
  image: RgbImage,
): Promise<SeenObject[]> {
  const least = Math.max(leastScore, settings.detector.leastScore);
  return detect(image, settings, graphs, { leastScore: least });
}
