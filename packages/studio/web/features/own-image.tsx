/** An image of the user's: what it is like, and what the encoder makes of it, stage by stage. */
import type { JSX } from 'preact';
import { useCallback, useState } from 'preact/hooks';
import type { SimilarImages, StageMaps } from '../../shared/protocol/features.js';
import { ImageInput, useGivenFiles } from '../components/image-input.js';
import { ServerError } from '../server-data.js';
import type { Features } from './features.js';
import { Neighbours } from './neighbours.js';

interface OwnImageProps {
  readonly run: string;
  readonly features: Features;
  readonly onChoose: (image: number) => void;
}

interface Answers {
  readonly maps: StageMaps;
  readonly similar: SimilarImages['similar'];
}

export function OwnImage({ run, features, onChoose }: OwnImageProps): JSX.Element {
  const { answers, note, ask } = useAnswers(run, features);
  return (
    <section class="section own-image">
      <h2>Your image</h2>
      <div class="controls">
        <ImageInput label="Choose an image" onFiles={ask} />
        <span class="quiet-text" role="status">
          {note}
        </span>
      </div>
      {answers && (
        <>
          <Stages maps={answers.maps} />
          <h3>Most similar</h3>
          <Neighbours features={features} similar={answers.similar} onChoose={onChoose} />
        </>
      )}
    </section>
  );
}

function Stages({ maps }: { readonly maps: StageMaps }): JSX.Element {
  const source = (png: string) => `data:image/png;base64,${png}`;
  return (
    <div class="stages">
      <figure>
        <img src={source(maps.input)} alt="What the encoder sees" />
        <figcaption>What the encoder sees</figcaption>
      </figure>
      {maps.pictures.map(({ stage, kind, rows, columns, range: [low, high], png }) => (
        <figure key={`${stage} ${kind}`}>
          <img
            class="pixels"
            src={source(png)}
            alt={`${kind === 'features' ? 'Feature map' : 'Attention'} of stage ${stage}`}
          />
          <figcaption>
            {kind === 'features'
              ? `Stage ${stage}, features of ${rows} x ${columns}: three components, ${Math.round(100 * high)} % of the variance`
              : `Stage ${stage}, attention: ${low.toFixed(1)} to ${high.toFixed(1)} times the mean`}
          </figcaption>
        </figure>
      ))}
    </div>
  );
}

const invitation = 'Drop one anywhere, or choose it. It goes to this studio only, and is not kept.';

/**
 * Fetches the server's answers about an image. The answers about the previous one are shown
 * meanwhile.
 */
function useAnswers(run: string, features: Features) {
  const [answers, setAnswers] = useState<Answers>();
  const [note, setNote] = useState(invitation);
  const ask = useCallback(
    (files: FileList | undefined | null) => {
      const file = files?.item(0);
      if (!file) return;
      setNote('Asking the encoder …');
      const post = async <Answer,>(address: string): Promise<Answer> => {
        const response = await fetch(address, { method: 'POST', body: file });
        if (!response.ok) throw new ServerError(await response.text());
        return response.json();
      };
      Promise.all([
        post<StageMaps>(`/api/runs/${run}/maps`),
        post<SimilarImages>(`${features.address}/similar`),
      ]).then(
        ([maps, { similar }]) => {
          setAnswers({ maps, similar });
          setNote(invitation);
        },
        (error: Error) => setNote(error.message),
      );
    },
    [run, features],
  );
  useGivenFiles({ onFiles: ask });
  return { answers, note, ask };
}
