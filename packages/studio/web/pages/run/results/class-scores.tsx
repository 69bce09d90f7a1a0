/** The scores of every class, beside its colour. */
import type { JSX } from 'preact';
import type { SegmentationResults } from '../../../../shared/protocol/results.js';
import { percent } from '../../../format.js';
import { ClassTable } from './class-table.js';

interface ClassScoresProps {
  readonly classes: SegmentationResults['classes'];
}

export function ClassScores({ classes }: ClassScoresProps): JSX.Element {
  const pixels = classes.reduce((sum, { labelled }) => sum + labelled, 0);
  return (
    <ClassTable
      classes={classes}
      scoreOf={({ iou }) => iou}
      head={
        <>
          <th>Class</th>
          <th class="number">IoU</th>
          <th class="number">Accuracy</th>
          <th class="number">Dice</th>
          <th class="number">Pixels</th>
        </>
      }
      row={({ name, colour, iou, accuracy, dice, labelled }) => (
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
      )}
    />
  );
}

interface ClassColourProps {
  /** Red, green and blue, 0 to 255. */
  readonly colour: readonly [number, number, number];
}

/** The colour of a class, as pictures have it. */
export function ClassColour({ colour }: ClassColourProps): JSX.Element {
  return <span class="class-colour" style={{ '--colour': `rgb(${colour.join(' ')})` }} />;
}
