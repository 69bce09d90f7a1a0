/** A thread that reads files of features, and compares the features of their images. */
import { workerData } from 'node:worker_threads';
import type { FeatureMap, SimilarImages } from '../../shared/protocol/features.js';
import { NotFoundError } from '../errors.js';
import { ShownFolder } from '../files/inside.js';
import { answerQuestions } from '../threads/answer-questions.js';
import { type GalleryFile, GalleryFiles } from './gallery-file.js';
import { similarTo } from './neighbours.js';

/** A part of a file that a page shows. */
export type GalleryQuestion = {
  /** Parts of the path below the folder that is shown. */
  readonly parts: readonly string[];
} & (
  | { readonly kind: 'map' | 'components' }
  | { readonly kind: 'picture'; readonly image: number }
  | { readonly kind: 'similar'; readonly image: number; readonly count: number }
  | { readonly kind: 'places'; readonly paths: readonly string[] }
);

const files = ShownFolder.open(workerData as string).then((folder) => new GalleryFiles(folder));

answerQuestions<GalleryQuestion>(
  async (question) => {
    const file = await (await files).open(question.parts);
    switch (question.kind) {
      case 'map':
        return mapOf(file);
      case 'components':
        return file.components();
      case 'picture':
        return new Uint8Array(await file.picture(question.image));
      case 'similar':
        return similarIn(file, question);
      case 'places':
        return placesIn(file, question.paths);
    }
  },
  ({ parts }) => parts.join('/'),
);

/** @returns `FeatureMap` as JSON */
function mapOf({ gallery }: GalleryFile): string {
  const { paths, labels, channels, components, explained } = gallery;
  const { classes, stages, pooling } = gallery.origin;
  const origin = { classes, stages, pooling };
  const map = { ...origin, paths, labels, channels, components, explained };
  return JSON.stringify(map satisfies FeatureMap);
}

/** @returns `SimilarImages` as JSON */
async function similarIn(
  file: GalleryFile,
  { image, count }: { readonly image: number; readonly count: number },
): Promise<string> {
  if (image >= file.gallery.paths.length) {
    throw new NotFoundError(`Expected an image of the file but got ${image}.`);
  }
  const rows = { values: await file.features(), channels: file.gallery.channels };
  return JSON.stringify({ similar: similarTo(image, rows, count) } satisfies SimilarImages);
}

/** The place of each path among the images of a file; undefined for one that is not there. */
function placesIn({ gallery }: GalleryFile, paths: readonly string[]): (number | undefined)[] {
  const places = new Map(gallery.paths.map((path, place) => [path, place]));
  return paths.map((path) => places.get(path));
}
