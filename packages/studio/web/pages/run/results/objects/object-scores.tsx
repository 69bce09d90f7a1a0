/** The numbers of COCO, of all classes together and of each. */
import type { JSX } from 'preact';
import type {
  DetectionResults,
  ObjectScores,
} from '../../../../../shared/protocol/detection-results.js';
import { percent } from '../../../../format.js';
import { ClassTable } from '../class-table.js';

type NumbersProps = Pick<DetectionResults, 'boxes' | 'masks'>;

/** All twelve numbers, under COCO's names. */
export function CocoNumbers({ boxes, masks }: NumbersProps): JSX.Element {
  const rows = [['boxes', boxes] as const, ...(masks ? [['masks', masks] as const] : [])];
  return (
    <details class="section">
      <summary>All numbers of COCO</summary>
      <div class="scroll-x">
        <table class="class-scores">
          <thead>
            <tr>
              <th />
              {Object.keys(boxes).map((name) => (
                <th key={name} class="number">
                  {name.replace('_', ' ')}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(([kind, numbers]) => (
              <tr key={kind}>
                <th scope="row">{kind}</th>
                {Object.entries(numbers).map(([name, value]) => (
                  <td key={name} class="number">
                    {percent(value)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

interface TableProps {
  readonly classes: DetectionResults['classes'];
}

export function ObjectScoresTable({ classes }: TableProps): JSX.Element {
  const hasMasks = classes.some(({ masks }) => masks);
  return (
    <ClassTable
      classes={classes}
      scoreOf={({ boxes, masks }) => masks?.ap ?? boxes.ap}
      head={
        <>
          <th>Class</th>
          <th class="number">AP</th>
          <th class="number">AP50</th>
          <th class="number">AP75</th>
          <th class="number">Recall</th>
          {hasMasks && <th class="number">Mask AP</th>}
          {hasMasks && <th class="number">Mask AP50</th>}
          <th class="number">Objects</th>
        </>
      }
      row={({ name, objects, boxes, masks }) => (
        <tr key={name}>
          <th scope="row">{name}</th>
          <Precision scores={boxes} />
          <td class="number">{percent(boxes.ap50)}</td>
          <td class="number">{percent(boxes.ap75)}</td>
          <td class="number">{percent(boxes.recall)}</td>
          {masks && <Precision scores={masks} />}
          {masks && <td class="number">{percent(masks.ap50)}</td>}
          <td class="number">{objects}</td>
        </tr>
      )}
    />
  );
}

function Precision({ scores: { ap } }: { readonly scores: ObjectScores }): JSX.Element {
  return (
    <td class="number">
      {percent(ap)}
      <span class="bar" style={{ '--share': (ap ?? 0).toFixed(3) }} />
    </td>
  );
}
