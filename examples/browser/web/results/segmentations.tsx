import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { percent, times } from '../format.js';
import type { ImageResult, PixelClasses } from '../model/protocol.js';
import type { Picture, Workbench } from '../workbench/workbench.js';
import { Camera } from './camera.js';
import { View } from './view.js';

export interface SegmentationsProps {
  readonly pictures: readonly Picture[];
  readonly task: PixelClasses;
  readonly workbench: Workbench;
}

/** Every image under the colours of its classes, with a legend; and what a camera sees. */
export function Segmentations({ pictures, task, workbench }: SegmentationsProps): JSX.Element {
  const [opacity, setOpacity] = useState(0.6);
  return (
    <>
      <section class="card segmentation-controls" aria-label="Classes of the pixels">
        <label>
          Opacity{' '}
          <input
            type="range"
            min={0}
            max={1}
            step={0.05}
            value={opacity}
            onInput={({ currentTarget }) => setOpacity(Number(currentTarget.value))}
          />
        </label>
        <Camera
          look={(file) => workbench.look(file)}
          notify={(message) => workbench.notify(message)}
          show={(seen) => <Segmented name="Camera" {...seen} task={task} opacity={opacity} />}
        />
      </section>
      <ol class="classifications" aria-label="Classes of the images">
        {pictures.map(({ id, file, view, mask, result }) => (
          <li key={id} class="card">
            <Segmented
              name={file.name}
              view={view}
              mask={mask}
              result={result}
              task={task}
              opacity={opacity}
            />
          </li>
        ))}
      </ol>
    </>
  );
}

interface SegmentedProps extends Pick<Picture, 'view' | 'mask' | 'result'> {
  readonly name: string;
  readonly task: PixelClasses;
  readonly opacity: number;
}

function Segmented({ name, view, mask, result, task, opacity }: SegmentedProps): JSX.Element {
  const size = result?.image ?? { height: 3, width: 4 };
  return (
    <div class="segmentation">
      <View address={view} size={size} mask={{ address: mask, opacity }} />
      <p class="picture-name" title={name}>
        <bdi>{name}</bdi>
      </p>
      <p class="quiet-text times">{result ? times(result) : 'Waiting …'}</p>
      {result && <Legend values={result.values} task={task} />}
    </div>
  );
}

/** The classes of an image, the largest first, each beside its colour. */
function Legend({
  values,
  task: { classes, colours },
}: {
  readonly values: ImageResult['values'];
  readonly task: PixelClasses;
}): JSX.Element {
  const seen = Array.from(values, (share, label) => ({
    name: classes[label],
    colour: colours[label],
    share,
  }))
    .filter(({ share }) => share > 0)
    .sort((a, b) => b.share - a.share);
  return (
    <ul class="legend">
      {seen.map(({ name, colour, share }, place) => (
        <li key={place}>
          <span class="swatch" style={{ background: colour }} aria-hidden="true" />
          <bdi class="class-name" title={name}>
            {name || '(no name)'}
          </bdi>
          <span class="number">{percent(share)}</span>
        </li>
      ))}
    </ul>
  );
}
