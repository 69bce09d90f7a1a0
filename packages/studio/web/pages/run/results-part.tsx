/** The scores and mistakes of a fine-tuned classifier. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { RunDetails, RunResults } from '../../../shared/protocol.js';
import { EpochSlider } from '../../components/epoch-slider.js';
import { percent } from '../../format.js';
import { useRevision } from '../../live.js';
import { useJson } from '../../server-data.js';
import { ConfusionMatrix } from './confusion-matrix.js';
import type { PartProps } from './part.js';
import './results.css';

type BestResults = NonNullable<RunResults['best']>;

export function ResultsPart({ details }: PartProps): JSX.Element {
  const { id } = details.summary;
  const { value, failure } = useJson<RunResults>(`/api/runs/${id}/results`, useRevision([id]));
  if (failure !== undefined) return <p class="notice bad">{failure}</p>;
  if (!value) return <p />;
  const { best, classes } = value;
  return (
    <>
      {best ? (
        <>
          <Scores best={best} classes={classes} />
          <h2 class="section">Confusion</h2>
          <ConfusionMatrix pairs={best.confusion} classes={classes} />
          <h2 class="section">Worst mistakes</h2>
          <Mistakes best={best} classes={classes} />
        </>
      ) : (
        <p>
          There are no results to show. Runs of this version write them after their first
          evaluation.
        </p>
      )}
      <Pictures details={details} />
    </>
  );
}

interface BestProps {
  readonly best: BestResults;
  readonly classes: readonly string[];
}

function Scores({ best, classes }: BestProps): JSX.Element {
  const sum = (pairs: BestResults['confusion']) =>
    pairs.reduce((total, [, , images]) => total + images, 0);
  const images = sum(best.confusion);
  const right = sum(best.confusion.filter(([label, predicted]) => label === predicted));
  return (
    <p class="headline">
      <strong>{percent(images === 0 ? null : right / images)}</strong> of {images} images of{' '}
      {classes.length} classes are recognised by the best weights, those after epoch{' '}
      {Number(best.epoch.toFixed(2))}.
    </p>
  );
}

function Mistakes({ best, classes }: BestProps): JSX.Element {
  if (best.mistakes.length === 0) return <p>None: every image is recognised.</p>;
  const name = (label: number) => classes[label] ?? `class ${label}`;
  return (
    <ul class="mistakes">
      {best.mistakes.map(({ path, picture, label, predicted, probabilities }) => (
        <li key={path} class="card" title={path}>
          {picture === null ? (
            <span class="missing">the image is gone</span>
          ) : (
            <img src={`data:image/jpeg;base64,${picture}`} alt={`${name(label)}, ${path}`} />
          )}
          <span>
            is <strong>{name(label)}</strong> {percent(probabilities.label, 0)}
          </span>
          <span>
            taken for <strong>{name(predicted)}</strong> {percent(probabilities.predicted, 0)}
          </span>
          <span class="quiet-text">{path.split('/').slice(-2).join('/')}</span>
        </li>
      ))}
    </ul>
  );
}

/** The pictures of the matrix that every evaluation has drawn. */
function Pictures({ details }: { readonly details: RunDetails }): JSX.Element | null {
  const { pictures, summary } = details;
  const [chosen, setChosen] = useState<number | null>(null);
  const index = chosen === null ? pictures.length - 1 : Math.min(chosen, pictures.length - 1);
  const picture = pictures[index];
  if (!picture) return null;
  const address = `/api/runs/${summary.id}/pictures/${picture.epoch}?v=${encodeURIComponent(picture.version)}`;
  return (
    <details class="section">
      <summary>Confusion after every evaluation</summary>
      <EpochSlider pictures={pictures} index={index} onChange={setChosen} />
      <img src={address} alt={`Confusion matrix after epoch ${picture.epoch}`} />
    </details>
  );
}
