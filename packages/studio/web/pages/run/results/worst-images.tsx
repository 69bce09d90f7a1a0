/** Images that a segmentor does badly: label and prediction side by side, each over the image. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { SegmentationResults } from '../../../../shared/protocol/results.js';
import { percent } from '../../../format.js';
import { ClassColour } from './class-scores.js';

interface WorstImagesProps {
  readonly images: SegmentationResults['worst'];
  readonly classes: SegmentationResults['classes'];
}

export function WorstImages({ images, classes }: WorstImagesProps): JSX.Element {
  const [opacity, setOpacity] = useState(60);
  if (images.length === 0) return <p>No image has labelled pixels.</p>;
  return (
    <>
      <div class="controls">
        <label>
          Opacity{' '}
          <input
            type="range"
            min={0}
            max={100}
            value={opacity}
            aria-valuetext={`${opacity} %`}
            onInput={(event) => setOpacity(Number(event.currentTarget.value))}
          />{' '}
          <output>{opacity} %</output>
        </label>
      </div>
      <ul class="class-colours" aria-label="Colours of classes">
        {classes.map(({ name, colour }) => (
          <li key={name}>
            <ClassColour colour={colour} /> {name}
          </li>
        ))}
      </ul>
      <ul class="worst-images" style={{ '--opacity': String(opacity / 100) }}>
        {images.map(({ path, pixelAccuracy, picture, label, prediction }) => (
          <li key={path} class="card" title={path}>
            <Laid picture={picture} map={label} title="label" path={path} />
            <Laid picture={picture} map={prediction} title="prediction" path={path} />
            <span class="quiet-text">
              {path.split('/').slice(-2).join('/')}: {percent(pixelAccuracy)} of the pixels right
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

interface LaidProps {
  /** PNGs in base64: the image, and the classes of its pixels. */
  readonly picture: string;
  readonly map: string;
  readonly title: string;
  readonly path: string;
}

/** A map of classes laid over its image. */
function Laid({ picture, map, title, path }: LaidProps): JSX.Element {
  return (
    <figure>
      <div class="laid">
        <img src={`data:image/png;base64,${picture}`} alt={path} />
        <img class="map" src={`data:image/png;base64,${map}`} alt={`${title} of ${path}`} />
      </div>
      <figcaption>{title}</figcaption>
    </figure>
  );
}
