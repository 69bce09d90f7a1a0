/**
 * The rooms that each room of a package may import from, type imports included.
 *
 * A room is a folder with everything in it, or a single file. A file belongs to the room of the
 * longest name; one that belongs to none is refused, and so is a new folder beside rooms inside a
 * folder: a room begins with its line here.
 */

/** Errors, lists and random numbers: below everything. */
const names = ['file-names.ts', 'file-retries.ts'];
const ground = [
  'at.ts',
  'checksums.ts',
  'counted.ts',
  'errors.ts',
  'expectations.ts',
  'file-errors.ts',
  ...names,
  'random.ts',
  'json-text.ts',
  'whole-file.ts',
  'yaml-text.ts',
];
const families = ['backbones/swin', 'backbones/pvt', 'backbones/vit'];
const contract = ['backbones/family.ts', 'backbones/backbone.ts', 'backbones/parts'];
const network = ['backbones', ...contract];
/** The folders that a computation is made of: recipe, networks and weights. */
const model = [
  ...ground,
  ...network,
  'masking',
  'objectives',
  'objectives/decoder/options.ts',
  'heads',
  'recipes',
  'weights',
];
const library = [
  ...model,
  'images',
  'data',
  'features',
  'features/probe/share-interval.ts',
  'pictures',
  'training',
];
const labelledTasks = ['tasks/classification', 'tasks/segmentation', 'tasks/detection'];
const tasks = [
  'tasks/pretrain',
  'tasks/labelled-task.ts',
  'tasks/labelled-tasks.ts',
  'tasks/finetune',
  'tasks/results.ts',
  ...labelledTasks,
];
const detection = [
  'detection/run-lengths',
  'detection/coco',
  'detection/masks',
  'detection/boxes',
  'detection/assignment',
  'detection/losses',
  'detection/networks',
];

const umMae = {
  'at.ts': [],
  'counted.ts': [],
  'checksums.ts': ['errors.ts', 'file-errors.ts', 'file-names.ts', 'whole-file.ts'],
  'errors.ts': [],
  'expectations.ts': [],
  'file-errors.ts': ['errors.ts'],
  'file-names.ts': [],
  'file-retries.ts': [],
  'json-text.ts': [],
  'random.ts': [],
  'whole-file.ts': ['file-errors.ts', ...names],
  'yaml-text.ts': [],
  'package-version.ts': [],
  masking: ['errors.ts'],
  images: ['errors.ts', ...names, 'random.ts'],
  data: [...ground, 'images', 'detection/run-lengths'],
  'backbones/parts': ['at.ts', 'masking'],
  'backbones/family.ts': ['backbones/parts'],
  'backbones/backbone.ts': ['at.ts', 'backbones/family.ts', 'backbones/parts'],
  'backbones/swin': ['at.ts', 'masking', ...contract],
  'backbones/pvt': ['at.ts', 'masking', ...contract],
  'backbones/vit': ['at.ts', 'masking', ...contract],
  backbones: ['errors.ts', ...contract, ...families],
  'objectives/decoder/options.ts': ['backbones/parts'],
  objectives: ['at.ts', 'errors.ts', 'masking', 'objectives/decoder/options.ts', ...network],
  heads: ['at.ts', 'errors.ts', ...network],
  'detection/run-lengths': ['errors.ts', 'random.ts'],
  'detection/coco': ['errors.ts', 'detection/run-lengths'],
  'detection/plain': ['errors.ts', 'images'],
  'detection/masks': [],
  'detection/boxes': [],
  'detection/assignment': ['detection/boxes'],
  'detection/losses': ['detection/boxes'],
  'detection/networks': [
    'at.ts',
    'backbones/backbone.ts',
    'backbones/parts',
    'heads',
    'detection/masks',
    'detection/boxes',
    'detection/assignment',
    'detection/losses',
  ],
  recipes: [
    'at.ts',
    'errors.ts',
    'expectations.ts',
    'yaml-text.ts',
    'whole-file.ts',
    'backbones',
    'objectives/decoder/options.ts',
  ],
  weights: [
    ...ground,
    'images',
    'backbones',
    'backbones/backbone.ts',
    'backbones/parts',
    'objectives',
    'heads',
    'recipes',
  ],
  'features/cache/cache-place.ts': [],
  'features/probe/share-interval.ts': ['at.ts'],
  features: [
    ...ground,
    'images',
    'data',
    ...network,
    'objectives',
    'weights',
    'features/cache/cache-place.ts',
    'features/probe/share-interval.ts',
  ],
  pictures: [
    'at.ts',
    'detection/run-lengths',
    'images',
    'data',
    'backbones/backbone.ts',
    'features',
  ],
  training: [
    ...ground,
    'package-version.ts',
    'data',
    'backbones/backbone.ts',
    'backbones/parts',
    'recipes',
  ],
  'tasks/pretrain': library,
  'tasks/classification/results.ts': [],
  'tasks/segmentation/results.ts': [],
  'tasks/detection/results.ts': [],
  'tasks/results.ts': [
    'errors.ts',
    'tasks/classification/results.ts',
    'tasks/segmentation/results.ts',
    'tasks/detection/results.ts',
  ],
  'tasks/head-classes.ts': [...library, 'tasks/labelled-task.ts'],
  'tasks/labelled-task.ts': [...library, 'export/onnx'],
  'tasks/classification': [
    ...library,
    'export/onnx',
    'tasks/head-classes.ts',
    'tasks/labelled-task.ts',
    'tasks/classification/results.ts',
  ],
  'tasks/segmentation': [
    ...library,
    'export/onnx',
    'tasks/head-classes.ts',
    'tasks/labelled-task.ts',
    'tasks/segmentation/results.ts',
  ],
  'tasks/detection': [
    ...library,
    ...detection,
    'export/onnx',
    'tasks/head-classes.ts',
    'tasks/labelled-task.ts',
    'tasks/detection/results.ts',
  ],
  'tasks/labelled-tasks.ts': ['recipes', 'tasks/labelled-task.ts', ...labelledTasks],
  'tasks/finetune': [...library, 'tasks/labelled-task.ts', 'tasks/labelled-tasks.ts'],
  housekeeping: [...ground, 'recipes', 'training', 'features/cache/cache-place.ts'],
  models: [...model, 'tasks/labelled-tasks.ts', 'tasks/labelled-task.ts'],
  'bench/median.ts': [],
  bench: [...library, ...tasks, 'bench/median.ts'],
  // What a graph is made of differs by family; all else asks what a backbone has.
  'export/onnx': [
    'at.ts',
    'errors.ts',
    'bench/median.ts',
    ...network,
    ...families,
    'heads',
    'detection/boxes',
    'detection/networks',
    'detection/plain',
  ],
  export: [...library, ...tasks, 'package-version.ts', 'bench/median.ts', 'export/onnx'],
  parity: [...model, ...families, ...tasks, ...detection, 'images', 'data', 'training'],
  check: [...model, ...families, ...tasks, 'data', 'training', 'parity'],
  demo: [...library, ...tasks],
  'reports.ts': ['features'],
  sweep: [...ground, 'recipes', 'training'],
  cli: [
    ...library,
    ...tasks,
    'sweep',
    'models',
    'package-version.ts',
    'bench/median.ts',
    'bench',
    'check',
    'export',
    'demo',
    'housekeeping',
    'reports.ts',
  ],
  // Doors of the package: they import what they hand out.
  'index.ts': [...library, ...families, ...tasks, 'models', 'export'],
  'runs.ts': [
    ...ground,
    'backbones',
    'features/probe/share-interval.ts',
    'pictures',
    'recipes',
    'training',
    'tasks/results.ts',
    'tasks/classification',
  ],
};

const page = [
  'shared',
  'web/csv.ts',
  'web/download.ts',
  'web/format.ts',
  'web/live.tsx',
  'web/routing.ts',
  'web/server-data.ts',
  'web/theme-choice.ts',
  'web/use-theme.ts',
  'web/words.ts',
];

const studio = {
  shared: [],
  'server/errors.ts': [],
  'server/access.ts': ['server/errors.ts'],
  'server/page.ts': ['server/errors.ts'],
  'server/files': ['server/errors.ts'],
  'server/threads': ['server/errors.ts'],
  'server/metrics': ['shared', 'server/errors.ts', 'server/files', 'server/threads'],
  'server/features': ['shared', 'server/errors.ts', 'server/files', 'server/threads'],
  'server/runs': [
    'shared',
    'server/errors.ts',
    'server/files',
    'server/threads',
    'server/metrics',
    'server/features',
  ],
  'server/routes': [
    'shared',
    'server/errors.ts',
    'server/files',
    'server/metrics',
    'server/runs',
    'server/features',
  ],
  server: [
    'server/errors.ts',
    'server/access.ts',
    'server/page.ts',
    'server/files',
    'server/runs',
    'server/features',
    'server/routes',
  ],
  'web/csv.ts': [],
  'web/download.ts': [],
  'web/format.ts': [],
  'web/live.tsx': ['shared'],
  'web/routing.ts': [],
  'web/server-data.ts': [],
  'web/theme-choice.ts': [],
  'web/use-theme.ts': ['web/theme-choice.ts'],
  'web/words.ts': [],
  'web/masks': ['shared'],
  'web/components': page,
  'web/charts': page,
  'web/features': [...page, 'web/charts', 'web/components'],
  'web/pages': [...page, 'web/charts', 'web/components', 'web/features', 'web/masks'],
  web: [...page, 'web/components', 'web/features', 'web/pages'],
};

const tensors = ['addon', 'device', 'tensor', 'generated/operators.ts'];

const torch = {
  'generated/names.ts': [],
  addon: ['generated/names.ts'],
  device: ['addon'],
  'generated/tensor-methods.ts': ['addon', 'device', 'tensor'],
  tensor: ['addon', 'device', 'generated/tensor-methods.ts'],
  'generated/operators.ts': ['addon', 'device', 'tensor'],
  'product-rates.ts': tensors,
  amp: tensors,
  nn: [...tensors, 'amp'],
  optim: tensors,
  distributed: [...tensors, 'nn'],
  vision: tensors,
  serialization: ['addon', 'tensor'],
  files: ['serialization'],
  'index.ts': [...tensors, 'product-rates.ts'],
};

/** Rooms by the folder that names of rooms begin in. */
export const layers = {
  'packages/torch/src': torch,
  'packages/um-mae/src': umMae,
  'packages/studio': studio,
};

/** Files that may import each other, for they are one thing. */
export const knots = {
  // A class and the operators that are its methods, made from libtorch's schemas: both return
  // tensors. Its indexing takes tensors as indices.
  'packages/torch/src': [
    'tensor',
    'tensor/tensor.ts',
    'tensor/indexing.ts',
    'generated/tensor-methods.ts',
  ],
};
