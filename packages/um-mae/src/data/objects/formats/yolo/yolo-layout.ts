/** Finds YOLO's label files: by `data.yaml`, or by the folders `images/` and `labels/`. */
import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { DataError } from '../../../../errors.js';
import { parseYaml } from '../../../../files/yaml-text.js';
import { isImageName } from '../../../image-files.js';
import { anyFits, filesIn, foldersIn } from '../../../segmentation/layouts/folders.js';
import { isPartName } from '../../../segmentation/layouts/layout.js';
import type { AnnotationLayout, AnnotationOptions, AnnotationPart } from '../annotation-layout.js';
import { namesInFile } from '../files/class-file.js';
import { parseShape } from '../files/json-shape.js';
import { readLines, readText } from '../files/text-file.js';
import { readYolo } from './yolo.js';

const places = z
  .union([z.string(), z.array(z.string())], { error: 'a path or a list of paths' })
  .nullish();

const dataFile = z.object({
  path: z.string().nullish(),
  train: places,
  val: places,
  valid: places,
  test: places,
  kpt_shape: z.unknown().optional(),
  names: z.union([z.array(z.coerce.string()), z.record(z.string(), z.coerce.string())], {
    error: 'a list of names, or names by their numbers,',
  }),
});

const title = 'YOLO';

/** The layout of a folder. */
export async function yoloLayout(
  root: string,
  options: AnnotationOptions,
): Promise<AnnotationLayout | undefined> {
  const yaml = (await filesIn(root)).find((name) => /^(data|dataset)\.ya?ml$/i.test(name));
  if (yaml !== undefined) return yoloFile(join(root, yaml), options);
  const names = namesInFile(root);
  const folders = await foldersIn(root);
  if (folders.includes('images') && folders.includes('labels')) {
    const [images, labels] = [join(root, 'images'), join(root, 'labels')];
    const parts = (await foldersIn(labels)).filter(isPartName);
    if (parts.length === 0 && !(await anyFits(labels, /\.txt$/i))) return undefined;
    if (parts.length === 0) return layout([partIn(root, undefined, images, { names, options })]);
    const texts = await Promise.all(parts.map((part) => anyFits(join(labels, part), /\.txt$/i)));
    if (!texts.includes(true)) return undefined;
    return layout(parts.map((part) => partIn(root, part, join(images, part), { names, options })));
  }
  const parts: AnnotationPart[] = [];
  for (const part of folders.filter(isPartName)) {
    const folder = join(root, part);
    const inside = await foldersIn(folder);
    const isPair = inside.includes('images') && inside.includes('labels');
    if (!isPair && !(await isMixed(folder))) continue;
    const images = isPair ? join(folder, 'images') : folder;
    parts.push(partIn(root, part, images, { names, options }));
  }
  if (parts.length > 0) return layout(parts);
  return (await isMixed(root))
    ? layout([partIn(root, undefined, root, { names, options })])
    : undefined;
}

/** Whether label files lie beside images. */
async function isMixed(folder: string): Promise<boolean> {
  const files = await filesIn(folder);
  const stems = new Set(files.filter(isImageName).map((name) => name.replace(/\.\w+$/, '')));
  return files.some((name) => name.endsWith('.txt') && stems.has(name.slice(0, -4)));
}

function layout(parts: readonly AnnotationPart[]): AnnotationLayout {
  return { title, parts };
}

interface PartChoice {
  readonly names: readonly string[] | undefined;
  readonly options: AnnotationOptions;
}

function partIn(
  root: string,
  part: string | undefined,
  folder: string,
  { names, options }: PartChoice,
): AnnotationPart {
  const place = { ...options, root, part, folders: [folder], listed: [], names };
  return { name: part, open: () => readYolo(place) };
}

/**
 * The layout that `data.yaml` describes.
 *
 * @throws DataError when it is no such file
 */
export async function yoloFile(
  file: string,
  options: AnnotationOptions,
): Promise<AnnotationLayout> {
  const data = parseShape(dataFile, parseOf(file), { file });
  const names = Array.isArray(data.names) ? data.names : numbered(data.names, file);
  const { train, val, valid, test } = data;
  const written = { train, val: val ?? valid, test };
  const parts = Object.entries(written).flatMap(([name, paths]): AnnotationPart[] => {
    if (!paths) return [];
    const all = [paths].flat().map((path) => placeOf(path, file, data.path ?? undefined));
    const place = {
      ...options,
      root: dirname(file),
      part: name,
      folders: all.filter((path) => !path.endsWith('.txt')),
      listed: all.filter((path) => path.endsWith('.txt')).flatMap(imagesOf),
      names,
      hasPoints: data.kpt_shape !== undefined,
    };
    return [{ name, open: () => readYolo(place) }];
  });
  return layout(parts);
}

function parseOf(file: string): unknown {
  try {
    return parseYaml(readText(file));
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    const found = `what cannot be read (${cause.message})`;
    throw new DataError(`Expected YAML in ${file} but got ${found}.`, { cause });
  }
}

/** Names by their numbers, which leave no gap. */
function numbered(names: Readonly<Record<string, string>>, file: string): string[] {
  const list = Array.from({ length: Object.keys(names).length }, (_, number) => names[number]);
  const gap = list.indexOf(undefined);
  if (gap < 0) return list as string[];
  throw new DataError(`Expected a name for the class ${gap} in ${file} but got none.`);
}

/**
 * A place as `data.yaml` has it: from `path`, or from the file itself. Programs that write `../train`
 * mean the folder beside the file.
 */
function placeOf(raw: string, file: string, rawPath: string | undefined): string {
  const beside = dirname(file);
  const [written, path] = [raw.replaceAll('\\', '/'), rawPath?.replaceAll('\\', '/')];
  const candidates = [
    ...(path === undefined ? [] : [resolve(beside, path, written)]),
    resolve(beside, written),
    resolve(beside, written.replace(/^(\.\.\/)+/, '')),
    join(beside, basename(dirname(written)), basename(written)),
    join(beside, basename(written)),
  ];
  return candidates.find((candidate) => existsSync(candidate)) ?? (candidates[0] as string);
}

function imagesOf(list: string): string[] {
  if (!existsSync(list)) return [];
  return readLines(list).map((line) => resolve(dirname(list), line));
}
