import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { cosine, times } from '../format.js';
import type { ImageSize } from '../model/protocol.js';
import type { Picture } from '../workbench/workbench.js';
import { type Neighbour, nearest } from './similarity.js';
import { View } from './view.js';

/** Similar images that are shown. */
const most = 12;

export interface SimilarPicturesProps {
  readonly pictures: readonly Picture[];
  /** The size of what the model sees. */
  readonly image: ImageSize;
}

/** All images, one of them chosen, and those that are most like it. */
export function SimilarPictures({ pictures, image }: SimilarPicturesProps): JSX.Element {
  const [choice, setChoice] = useState<number>();
  const compared = useCompared(pictures);
  const chosen = pictures.find(({ id }) => id === choice) ?? pictures[0];
  return (
    <div class="similar">
      <section class="all" aria-label="All images">
        <h2>Images</h2>
        <ul class="tiles">
          {pictures.map(({ id, file, view }) => (
            <li key={id}>
              <button
                type="button"
                class="tile"
                aria-label={file.name}
                aria-pressed={id === chosen?.id}
                title={file.name}
                onClick={() => setChoice(id)}
              >
                <View address={view} size={image} />
              </button>
            </li>
          ))}
        </ul>
      </section>
      <section class="like" aria-label="Similar images">
        {chosen ? (
          <Neighbours pictures={compared} chosen={chosen} image={image} choose={setChoice} />
        ) : (
          <p class="quiet-text">Choose an image, and this shows which others are most like it.</p>
        )}
      </section>
    </div>
  );
}

/**
 * The images as they were when the model had last seen all of them: what is shown does not change
 * with every image that comes in.
 */
function useCompared(pictures: readonly Picture[]): readonly Picture[] {
  const compared = useRef<readonly Picture[]>([]);
  if (pictures.every(({ result }) => result)) compared.current = pictures;
  return compared.current;
}

interface NeighboursProps extends SimilarPicturesProps {
  readonly chosen: Picture;
  readonly choose: (id: number) => void;
}

function Neighbours({ pictures, chosen, image, choose }: NeighboursProps): JSX.Element {
  const neighbours = nearest(pictures, chosen.id, most);
  const { file, view, result } = chosen;
  return (
    <>
      <div class="chosen">
        <View address={view} size={image} />
        <div>
          <h2>
            Most like <bdi>{file.name}</bdi>
          </h2>
          <p class="quiet-text times">{result ? times(result) : 'Waiting …'}</p>
        </div>
      </div>
      <p class="quiet-text explanation">
        {neighbours.length > 0
          ? 'Cosine of features, standardised over all images here, as um-mae similar tells it: 1 is the same, 0 is as alike as two images are on average.'
          : 'Similar images are shown once the model has seen all images, two at least.'}
      </p>
      <ol class="neighbours">
        {neighbours.map((neighbour) => (
          <NeighbourTile key={neighbour.picture.id} {...neighbour} image={image} choose={choose} />
        ))}
      </ol>
    </>
  );
}

type NeighbourTileProps = Neighbour<Picture> & Pick<NeighboursProps, 'image' | 'choose'>;

function NeighbourTile({ picture, similarity, image, choose }: NeighbourTileProps): JSX.Element {
  const { id, file, view } = picture;
  return (
    <li>
      <button type="button" class="tile" title={file.name} onClick={() => choose(id)}>
        <View address={view} size={image} />
        <span class="number">{cosine(similarity)}</span>
        <bdi class="picture-name">{file.name}</bdi>
      </button>
    </li>
  );
}
