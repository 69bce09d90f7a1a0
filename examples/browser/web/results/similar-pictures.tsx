import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { ImageSize } from '../model/protocol.js';
import type { Picture } from '../workbench/workbench.js';
import { similarities } from './similarity.js';
import { View } from './view.js';

/** Similar images that are shown. */
const most = 12;

export interface SimilarPicturesProps {
  readonly pictures: readonly Picture[];
  /** Of what the model sees. */
  readonly image: ImageSize;
}

/** All images, one of them chosen, and those that are most like it. */
export function SimilarPictures({ pictures, image }: SimilarPicturesProps): JSX.Element {
  const [choice, setChoice] = useState<number>();
  const chosen = pictures.find(({ id }) => id === choice) ?? pictures.find(({ result }) => result);
  return (
    <div class="similar">
      <section aria-label="All images">
        <h2>Images</h2>
        <ul class="tiles">
          {pictures.map(({ id, file, view }) => (
            <li key={id}>
              <button
                type="button"
                class="tile"
                aria-pressed={id === chosen?.id}
                title={file.name}
                onClick={() => setChoice(id)}
              >
                <View address={view} size={image} name={file.name} />
              </button>
            </li>
          ))}
        </ul>
      </section>
      <section aria-label="Similar images">
        {chosen ? (
          <Neighbours pictures={pictures} chosen={chosen} image={image} choose={setChoice} />
        ) : (
          <p class="quiet-text">Add some images, then choose one to see which are most like it.</p>
        )}
      </section>
    </div>
  );
}

interface NeighboursProps extends SimilarPicturesProps {
  readonly chosen: Picture;
  readonly choose: (id: number) => void;
}

function Neighbours({ pictures, chosen, image, choose }: NeighboursProps): JSX.Element {
  const neighbours = mostSimilar(pictures, chosen);
  return (
    <>
      <h2>
        Most like <bdi>{chosen.file.name}</bdi>
      </h2>
      <ol class="neighbours">
        {neighbours.map(({ picture: { id, file, view }, similarity }) => (
          <li key={id}>
            <button type="button" class="tile" title={file.name} onClick={() => choose(id)}>
              <View address={view} size={image} name={file.name} />
              <span class="number">{similarity.toFixed(3)}</span>
              <bdi class="picture-name">{file.name}</bdi>
            </button>
          </li>
        ))}
      </ol>
      <p class="quiet-text">
        Cosine similarity of features, standardised over all images here as in um-mae similar: 1 is
        the same, below 0 is less alike than two images are on average.
      </p>
    </>
  );
}

interface Neighbour {
  readonly picture: Picture;
  readonly similarity: number;
}

function mostSimilar(pictures: readonly Picture[], chosen: Picture): Neighbour[] {
  const known = pictures.flatMap((picture) =>
    picture.result ? [{ picture, values: picture.result.values }] : [],
  );
  const place = known.findIndex(({ picture }) => picture === chosen);
  const cosines = similarities(
    known.map(({ values }) => values),
    place,
  );
  return cosines
    .map((similarity, row) => ({ picture: known[row]?.picture ?? chosen, similarity }))
    .filter((_, row) => row !== place)
    .sort((a, b) => b.similarity - a.similarity)
    .slice(0, most);
}
