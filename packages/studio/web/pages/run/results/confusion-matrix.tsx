import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { at } from '../../../../shared/at.js';
import { percent } from '../../../format.js';

interface ConfusionProps {
  /** [true class, predicted class, count] */
  readonly pairs: readonly (readonly [number, number, number])[];
  readonly classes: readonly string[];
  /** The things that are counted. Default `images`. */
  readonly unit?: 'images' | 'objects';
}

/**
 * A table of more classes has no room for itself; the most frequent confusions are listed instead.
 */
const mostCells = 40;

/**
 * Rows are true classes, columns what their images were taken for; cells are shaded by the share of
 * their row.
 */
export function ConfusionMatrix({ unit = 'images', ...props }: ConfusionProps): JSX.Element {
  if (props.classes.length > mostCells) return <Confusions {...props} unit={unit} />;
  return <Matrix {...props} unit={unit} />;
}

function Matrix({ pairs, classes, unit }: Required<ConfusionProps>): JSX.Element {
  const [pointed, setPointed] = useState('Point at a cell to read it.');
  const images = new Map(
    pairs.map(([label, predicted, count]) => [`${label} ${predicted}`, count]),
  );
  const totals = classes.map((_, label) =>
    pairs.reduce((sum, [row, , count]) => sum + (row === label ? count : 0), 0),
  );
  const describe = (label: number, predicted: number) => {
    const count = images.get(`${label} ${predicted}`) ?? 0;
    const share = percent(count / Math.max(1, at(totals, label)), 0);
    setPointed(
      `${count} ${unit} (${share}) of ${classes[label]} are taken for ${classes[predicted]}.`,
    );
  };
  return (
    <>
      <p class="quiet-text" role="status">
        {pointed}
      </p>
      <div class="scroll-x">
        <table class="confusion">
          <thead>
            <tr>
              <th class="corner">true \ predicted</th>
              {classes.map((name) => (
                <th key={name} scope="col">
                  <span>{name}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {classes.map((name, label) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                {classes.map((other, predicted) => {
                  const count = images.get(`${label} ${predicted}`) ?? 0;
                  const share = count / Math.max(1, at(totals, label));
                  return (
                    <td
                      key={other}
                      class={label === predicted ? 'right' : 'wrong'}
                      style={{
                        '--share': count === 0 ? '0' : (0.12 + 0.88 * Math.sqrt(share)).toFixed(3),
                      }}
                      data-strong={share > 0.35}
                      onPointerEnter={() => describe(label, predicted)}
                    >
                      {count > 0 && (
                        <>
                          {count}
                          <small>{percent(share, 0)}</small>
                        </>
                      )}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

const listed = 30;

function Confusions({ pairs, classes, unit }: Required<ConfusionProps>): JSX.Element {
  const wrong = pairs.filter(([label, predicted]) => label !== predicted);
  const order = wrong.toSorted(([, , a], [, , b]) => b - a).slice(0, listed);
  return (
    <table>
      <thead>
        <tr>
          <th>Class</th>
          <th>Taken for</th>
          <th class="number">{unit === 'images' ? 'Images' : 'Objects'}</th>
        </tr>
      </thead>
      <tbody>
        {order.map(([label, predicted, images]) => (
          <tr key={`${label} ${predicted}`}>
            <td>{classes[label]}</td>
            <td>{classes[predicted]}</td>
            <td class="number">{images}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
