/** The part of a run's page that shows the results of its best weights, whatever the task. */
import type { ComponentType, JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { RunResults, TaskResults } from '../../../../shared/protocol/results.js';
import type { RunDetails } from '../../../../shared/protocol/run-details.js';
import { EpochSlider } from '../../../components/epoch-slider.js';
import { useRevision } from '../../../live.js';
import { useJson } from '../../../server-data.js';
import type { PartProps } from '../part.js';

export interface ResultsProps<Results> {
  readonly best: Results;
  /** Names of the classes, in the order of their numbers. */
  readonly classes: readonly string[];
  readonly details: RunDetails;
}

/**
 * Makes the part of the page that shows the results of a task.
 *
 * @param View what is drawn of them
 * @param picture what the task pictures after every evaluation
 */
export function resultsPart<Results extends TaskResults>(
  View: ComponentType<ResultsProps<Results>>,
  picture: string,
): ComponentType<PartProps> {
  return function ResultsPart({ details }: PartProps): JSX.Element {
    const { id } = details.summary;
    const address = `/api/runs/${id}/results`;
    const { value, failure } = useJson<RunResults<Results>>(address, useRevision([id]));
    if (failure !== undefined) return <p class="notice bad">{failure}</p>;
    if (!value) return <p />;
    const { best, classes } = value;
    return (
      <>
        {best ? (
          <View best={best} classes={classes} details={details} />
        ) : (
          <p>
            There are no results to show. Runs of this version write them after their first
            evaluation.
          </p>
        )}
        <EpochPictures details={details} picture={picture} />
      </>
    );
  };
}

interface EpochPicturesProps {
  readonly details: RunDetails;
  readonly picture: string;
}

/** The pictures that every evaluation has drawn. */
function EpochPictures({ details, picture }: EpochPicturesProps): JSX.Element | null {
  const { pictures, summary } = details;
  const [chosen, setChosen] = useState<number | null>(null);
  const index = chosen === null ? pictures.length - 1 : Math.min(chosen, pictures.length - 1);
  const shown = pictures[index];
  if (!shown) return null;
  const { epoch, version } = shown;
  const address = `/api/runs/${summary.id}/pictures/${epoch}?v=${encodeURIComponent(version)}`;
  return (
    <details class="section">
      <summary>{picture} after every evaluation</summary>
      <EpochSlider pictures={pictures} index={index} onChange={setChosen} />
      <img src={address} alt={`${picture} after epoch ${epoch}`} />
    </details>
  );
}
