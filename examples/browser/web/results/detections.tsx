import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { percent, times } from '../format.js';
import type { ImageResult } from '../model/protocol.js';
import type { Picture, Workbench } from '../workbench/workbench.js';
import { Camera } from './camera.js';
import { colourOf, ObjectsLayer } from './objects-layer.js';
import { View } from './view.js';

export interface DetectionsProps {
  readonly pictures: readonly Picture[];
  readonly workbench: Workbench;
}

/** Every image under the boxes and masks of its objects; and what a camera sees. */
export function Detections({ pictures, workbench }: DetectionsProps): JSX.Element {
  const [least, setLeast] = useState(0.3);
  return (
    <>
      <section class="card segmentation-controls" aria-label="Objects">
        <label>
          Scores from{' '}
          <input
            type="range"
            min={0.05}
            max={1}
            step={0.01}
            value={least}
            aria-valuetext={percent(least)}
            onInput={({ currentTarget }) => setLeast(Number(currentTarget.value))}
          />
          <output class="number">{percent(least)}</output>
        </label>
        <Camera
          look={(file) => workbench.look(file)}
          notify={(message) => workbench.notify(message)}
          show={(seen) => <Detected name="Camera" {...seen} least={least} />}
        />
      </section>
      <ol class="classifications" aria-label="Objects of the images">
        {pictures.map(({ id, file, view, result }) => (
          <li key={id} class="card">
            <Detected name={file.name} view={view} result={result} least={least} />
          </li>
        ))}
      </ol>
    </>
  );
}

interface DetectedProps extends Pick<Picture, 'view' | 'result'> {
  readonly name: string;
  /** Objects of lower scores are not shown. */
  readonly least: number;
}

function Detected({ name, view, result, least }: DetectedProps): JSX.Element {
  const size = result?.image ?? { height: 3, width: 4 };
  const objects = (result?.objects ?? []).filter(({ score }) => score >= least);
  return (
    <div class="segmentation">
      <View address={view} size={size}>
        {result && <ObjectsLayer objects={objects} image={result.image} />}
      </View>
      <p class="picture-name" title={name}>
        <bdi>{name}</bdi>
      </p>
      <p class="quiet-text times">{result ? times(result) : 'Waiting …'}</p>
      {result && <Counts objects={objects} />}
    </div>
  );
}

/** The number of objects of each class, the most frequent first. */
function Counts({ objects }: { readonly objects: NonNullable<ImageResult['objects']> }) {
  const counts = new Map<number, { readonly name: string; count: number }>();
  for (const { label, name } of objects) {
    const own = counts.get(label) ?? { name, count: 0 };
    counts.set(label, own);
    own.count++;
  }
  if (counts.size === 0) return <p class="quiet-text">No objects.</p>;
  const order = [...counts].sort(([, a], [, b]) => b.count - a.count);
  return (
    <ul class="legend">
      {order.map(([label, { name, count }]) => (
        <li key={label}>
          <span class="swatch" style={{ background: colourOf(label) }} aria-hidden="true" />
          <bdi class="class-name" title={name}>
            {name || '(no name)'}
          </bdi>
          <span class="number">{count}</span>
        </li>
      ))}
    </ul>
  );
}
