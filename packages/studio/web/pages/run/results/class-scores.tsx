/** The scores of every class, beside its colour. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { SegmentationResults } from '../../../../shared/protocol.js';
import { percent } from '../../../format.js';

interface ClassScoresProps {
  readonly classes: SegmentationResults['classes'];
}

export function ClassScores({ classes }: ClassScoresProps): JSX.Element {
  const [isWorstFirst, setWorstFirst] = useState(false);
  const pixels = classes.reduce((sum, { labelled }) => sum + labelled, 0);
  const order = isWorstFirst ? classes.toSorted((a, b) => rankOf(a) - rankOf(b)) : classes;
  return (
    <>
      <div class="controls">
        <label>
          <input
            type="checkbox"
            checked={isWorstFirst}
            onChange={(event) => setWorstFirst(event.currentTarget.checked)}
          />{' '}
          Worst first
        </label>
      </div>
      <div class="scroll-x">
        <table class="class-scores">
          <thead>
            <tr>
              <th>Class</th>
              <th class="number">IoU</th>
              <th class="number">Accuracy</th>
              <th class="number">Dice</th>
              <th class="number">Pixels</th>
            </tr>
          </thead>
          <tbody>
            {order.map(({ name, colour, iou, accuracy, dice, labelled }) => (
              <tr key={name}>
                <th scope="row">
                  <ClassColour colour={colour} /> {name}
                </th>
                <td class="number">
                  {percent(iou)}
                  <span class="bar" style={{ '--share': (iou ?? 0).toFixed(3) }} />
                </td>
                <td class="number">{percent(accuracy)}</td>
                <td class="number">{percent(dice)}</td>
                <td class="number">{percent(labelled / Math.max(1, pixels))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

/** Classes without a score come last. */
function rankOf({ iou }: SegmentationResults['classes'][number]): number {
  return iou ?? Number.POSITIVE_INFINITY;
}

interface ClassColourProps {
  /** Red, green and blue, 0 to 255. */
  readonly colour: readonly [number, number, number];
}

/** The colour of a class, as pictures have it. */
export function ClassColour({ colour }: ClassColourProps): JSX.Element {
  return <span class="class-colour" style={{ '--colour': `rgb(${colour.join(' ')})` }} />;
}
