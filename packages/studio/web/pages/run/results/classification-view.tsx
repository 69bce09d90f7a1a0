/** The scores and mistakes of a fine-tuned classifier. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { ClassificationResults } from '../../../../shared/protocol/results.js';
import { count, percent } from '../../../format.js';
import { ClassTable } from './class-table.js';
import { ConfusionMatrix } from './confusion-matrix.js';
import type { ResultsProps } from './results-part.js';
import './classification.css';

type BestProps = Pick<ResultsProps<ClassificationResults>, 'best' | 'classes'>;

export function ClassificationView({ best, classes }: BestProps): JSX.Element {
  return (
    <>
      <Scores best={best} classes={classes} />
      <h2 class="section">Confusion</h2>
      <ConfusionMatrix pairs={best.confusion} classes={classes} />
      <h2 class="section">Classes</h2>
      <ClassTable
        classes={best.classScores}
        scoreOf={({ f1 }) => f1}
        head={
          <>
            <th>Class</th>
            <th class="number">Images</th>
            <th class="number">Precision</th>
            <th class="number">Recall</th>
            <th class="number">F1</th>
          </>
        }
        row={({ label, images, precision, recall, f1 }) => (
          <tr key={label}>
            <th scope="row">{classes[label] ?? `class ${label}`}</th>
            <td class="number">{count(images)}</td>
            <td class="number">{percent(precision)}</td>
            <td class="number">{percent(recall)}</td>
            <td class="number">
              {percent(f1)}
              <span class="bar" style={{ '--share': (f1 ?? 0).toFixed(3) }} />
            </td>
          </tr>
        )}
      />
      <h2 class="section">Worst mistakes</h2>
      <Mistakes best={best} classes={classes} />
    </>
  );
}

function Scores({ best, classes }: BestProps): JSX.Element {
  const { recognised } = best;
  return (
    <>
      <p class="headline">
        <strong>{percent(recognised?.share ?? null)}</strong> of {count(recognised?.images ?? 0)}{' '}
        images of {classes.length} classes are recognised by the best weights, those after epoch{' '}
        {Number(best.epoch.toFixed(2))}.
      </p>
      {recognised && (
        <p class="quiet-text">
          95 % interval {percent(recognised.interval[0])} to {percent(recognised.interval[1])},
          chance {percent(recognised.chance)}
        </p>
      )}
    </>
  );
}

/** Two or three rows; a phone scrolls past them. */
const firstMistakes = 8;

function Mistakes({ best, classes }: BestProps): JSX.Element {
  const [isWhole, setWhole] = useState(false);
  if (best.mistakes.length === 0) return <p>None: every image is recognised.</p>;
  const name = (label: number) => classes[label] ?? `class ${label}`;
  const shown = isWhole ? best.mistakes : best.mistakes.slice(0, firstMistakes);
  return (
    <>
      <ul class="mistakes">
        {shown.map(({ path, picture, label, predicted, probabilities }) => (
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
      {shown.length < best.mistakes.length && (
        <button type="button" class="more" onClick={() => setWhole(true)}>
          Show all {best.mistakes.length}
        </button>
      )}
    </>
  );
}
