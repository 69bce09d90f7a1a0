/** The images that are most similar to another one. */
import type { JSX } from 'preact';
import type { SimilarImage } from '../../shared/protocol/features.js';
import { type Features, pictureOf, shortName, titleOf } from './features.js';

interface NeighboursProps {
  readonly features: Features;
  readonly similar: readonly SimilarImage[];
  readonly onChoose: (image: number) => void;
}

export function Neighbours({ features, similar, onChoose }: NeighboursProps): JSX.Element {
  return (
    <ol class="neighbours">
      {similar.map(({ image, similarity }) => (
        <li key={image}>
          <button type="button" class="quiet" onClick={() => onChoose(image)}>
            <img
              src={pictureOf(features, image)}
              alt={shortName(features, image)}
              width={64}
              height={64}
            />
            <span>
              {titleOf(features, image)}
              <br />
              <span class="quiet-text">{similarity.toFixed(3)}</span>
            </span>
          </button>
        </li>
      ))}
    </ol>
  );
}
