import type { JSX } from 'preact';
import { percent, times } from '../format.js';
import type { ImageResult, ImageSize } from '../model/protocol.js';
import type { Picture } from '../workbench/workbench.js';
import { likeliest } from './probabilities.js';
import { View } from './view.js';

/** The number of classes that are shown of an image. */
const most = 5;

export interface ClassificationsProps {
  readonly pictures: readonly Picture[];
  readonly classes: readonly string[];
  /** The size of what the model sees. */
  readonly image: ImageSize;
}

/** Every image with its likeliest classes. */
export function Classifications(props: ClassificationsProps): JSX.Element {
  const { pictures, classes, image } = props;
  return (
    <ol class="classifications" aria-label="Classes of the images">
      {pictures.map(({ id, file, view, result }) => (
        <li key={id} class="card classification">
          <View address={view} size={image} />
          <div class="classification-text">
            <p class="picture-name" title={file.name}>
              <bdi>{file.name}</bdi>
            </p>
            <p class="quiet-text times">{result ? times(result) : 'Waiting …'}</p>
            <Bars result={result} classes={classes} />
          </div>
        </li>
      ))}
    </ol>
  );
}

/** Draws as many lines before the result is there as after. */
function Bars({
  result,
  classes,
}: {
  readonly result: ImageResult | undefined;
  readonly classes: readonly string[];
}): JSX.Element {
  const lines = result ? likeliest(result.values, classes, most) : [];
  const missing = Math.min(most, classes.length) - lines.length;
  return (
    <ol class="bars">
      {lines.map(({ name, probability }, place) => (
        <li key={place}>
          <bdi class="class-name" title={name}>
            {name || '(no name)'}
          </bdi>
          <progress max={1} value={probability} aria-hidden="true" />
          <span class="number">{percent(probability)}</span>
        </li>
      ))}
      {Array.from({ length: missing }, (_, place) => (
        <li key={place} aria-hidden="true">
          <span>&nbsp;</span>
          <progress max={1} value={0} />
        </li>
      ))}
    </ol>
  );
}
