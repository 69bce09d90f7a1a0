/**
 * Everything of ours that reads what others may have written, each as a function of a file.
 *
 * A reader returns, or throws an error of one sentence. Whatever else it does is a finding.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const dist = join(import.meta.dirname, '../../packages/um-mae/dist');
const ours = (path) => import(join(dist, path));
const torch = (path) => import(join(dist, '../../torch/dist/src', path));

/** The readers by name: the ending of their files, and what loads the function that reads one. */
export const readers = {
  safetensors: {
    ending: 'safetensors',
    async load() {
      const [{ scope }, { readSafetensors }] = await serialization();
      return (file) => void scope(() => readSafetensors(file));
    },
  },
  torch: {
    ending: 'pth',
    async load() {
      const [{ scope }, { readTorchFile }] = await serialization();
      return (file) => void scope(() => readTorchFile(file));
    },
  },
  weights: {
    ending: 'safetensors',
    async load() {
      const [{ scope }] = await serialization();
      const { readWeightsFile } = await ours('weights/weights-file.js');
      return (file) => void scope(() => readWeightsFile(file));
    },
  },
  ...byEnding('features', ['safetensors', 'parquet', 'npy'], async () => {
    const { readFeatures } = await ours('features/feature-file/feature-file.js');
    return readFeatures;
  }),
  parquet: {
    ending: 'parquet',
    async load() {
      const { openParquet } = await ours('data/sources/parquet/parquet.js');
      const { ImageReader } = await ours('data/sources/read-image.js');
      return async (file) => {
        const { images } = await openParquet(file);
        if (images.count > 0) await new ImageReader().read(images.locate(0));
      };
    },
  },
  tar: {
    ending: 'tar',
    async load() {
      const { TarFile } = await ours('data/sources/tar/tar-file.js');
      const { readShard } = await ours('data/sources/tar/tar-samples.js');
      return (file) => {
        const tar = new TarFile(file);
        try {
          readShard(tar, {});
        } finally {
          tar.close();
        }
      };
    },
  },
  index: {
    ending: 'index',
    async load() {
      const { decodeIndex } = await ours('data/sources/tar/tar-index-bytes.js');
      const fingerprint = {
        version: 6,
        bytes: 3072,
        modifiedMs: 1000,
        options: 'e3b0c44298fc1c14',
      };
      return (file) => void decodeIndex(readFileSync(file), fingerprint);
    },
  },
  image: {
    ending: 'image',
    async load() {
      const { decodeBytes } = await ours('images/decode.js');
      const { notEmpty } = await ours('images/encoded-image.js');
      return (file) => decodeBytes(notEmpty(readFileSync(file)));
    },
  },
  mask: {
    ending: 'png',
    async load() {
      const { decodeMask } = await ours('images/masks/mask.js');
      const { notEmpty } = await ours('images/encoded-image.js');
      return (file) => decodeMask(notEmpty(readFileSync(file)));
    },
  },
  jpeg: {
    ending: 'jpg',
    async load() {
      const { decodeJpegRegion, jpegSize } = await ours('images/formats/jpeg-region.js');
      return (file) => {
        const bytes = readFileSync(file);
        const size = jpegSize(bytes);
        if (!size || size.width * size.height > 1e6) return;
        const [left, top] = [size.width >> 1, size.height >> 1];
        const box = { left, top, width: size.width - left, height: size.height - top };
        decodeJpegRegion(bytes, box);
      };
    },
  },
  recipe: {
    ending: 'yaml',
    async load() {
      const { parseRecipe } = await ours('recipes/recipe-file.js');
      const { kindOf } = await ours('recipes/kind.js');
      return (file) => {
        const written = parseRecipe(readFileSync(file, 'utf8'), file);
        kindOf(written).parse(written);
      };
    },
  },
  ...annotations({ coco: 'json', labelstudio: 'json', cvat: 'xml', yolo: 'yaml', samples: 'tar' }),
  voc: {
    ending: 'xml',
    async load() {
      const { readVoc } = await ours('data/objects/formats/voc/voc.js');
      return (file) => {
        const folder = dirname(file);
        return readVoc({ root: folder, annotated: folder, images: folder, part: undefined });
      };
    },
  },
  ...byEnding('list', ['txt', 'csv'], async () => {
    const { openList } = await ours('data/sources/lists/list-file.js');
    return (file) => openList(file);
  }),
  classes: {
    ending: 'json',
    async load() {
      const { readClassFile } = await ours('data/segmentation/classes/class-file.js');
      const { readClassNames } = await ours('data/labels/class-names.js');
      return async (file) => {
        await readClassNames(file);
        readClassFile(file);
      };
    },
  },
  state: {
    ending: 'json',
    async load() {
      const { parseTrainingState } = await ours('training/run-files/checkpoints/training-state.js');
      return (file) => void parseTrainingState(readFileSync(file, 'utf8'), file);
    },
  },
  results: {
    ending: 'json',
    async load() {
      const { parseResults } = await ours('tasks/results.js');
      return (file) => {
        parseResults('classification', readFileSync(file, 'utf8'), file);
      };
    },
  },
};

function serialization() {
  return Promise.all([torch('index.js'), torch('serialization/index.js')]);
}

/** Several readers of one function, which goes by the ending of a file. */
function byEnding(name, endings, load) {
  return Object.fromEntries(endings.map((ending) => [`${name}-${ending}`, { ending, load }]));
}

/** Readers of annotations of objects. */
function annotations(endings) {
  const load = async () => {
    const { openAnnotations } = await ours('data/objects/open-annotations.js');
    return (file) => openAnnotations(file, { role: 'train', root: dirname(file) });
  };
  return Object.fromEntries(
    Object.entries(endings).map(([name, ending]) => [name, { ending, load }]),
  );
}

/** Names of the errors that a person can act on. */
const sentences = [
  ...['UmMaeError', 'RecipeError', 'CheckpointError', 'FileError', 'DataError'],
  ...['TorchError', 'SerializationError', 'UnreadableImage'],
];

/** Whether an error says in a sentence what is wrong with a file. */
export function isSentence(error) {
  return error instanceof Error && sentences.includes(error.name);
}
