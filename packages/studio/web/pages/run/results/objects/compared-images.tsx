/** Images of many mistakes: the objects that are there, and those that were found. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { ComparedImage } from '../../../../../shared/protocol/detection-results.js';
import { percent } from '../../../../format.js';
import { DrawnObjects } from './drawn-objects.js';

interface ImagesProps {
  readonly images: readonly ComparedImage[];
  readonly classes: readonly string[];
  /** The score from which on verdicts hold. */
  readonly leastScore: number;
}

export function ComparedImages({ images, classes, leastScore }: ImagesProps): JSX.Element {
  const [least, setLeast] = useState(Math.round(100 * leastScore) / 100);
  const [hasMasks, setMasks] = useState(true);
  if (images.length === 0) return <p>None: every object is found, and nothing else.</p>;
  const showsMasks = images.some(({ objects, found }) =>
    [...objects, ...found].some(({ mask }) => mask),
  );
  return (
    <>
      <div class="controls">
        <label>
          Scores from{' '}
          <input
            type="range"
            min={0}
            max={1}
            step={0.01}
            value={least}
            aria-valuetext={percent(least, 0)}
            onInput={(event) => setLeast(Number(event.currentTarget.value))}
          />{' '}
          <output>{percent(least, 0)}</output>
        </label>
        {showsMasks && (
          <label>
            <input
              type="checkbox"
              checked={hasMasks}
              onChange={(event) => setMasks(event.currentTarget.checked)}
            />{' '}
            Masks
          </label>
        )}
      </div>
      <ul class="object-colours" aria-label="Colours of boxes">
        <li class="right">right</li>
        <li class="wrong-class">another class</li>
        <li class="false">false</li>
        <li class="missed">missed</li>
        <li class="quiet">of a crowd, or below {percent(leastScore, 0)}</li>
      </ul>
      <ul class="compared-images">
        {images.map((image) => (
          <li key={image.path} class="card" title={image.path}>
            <DrawnObjects
              image={image}
              title="label"
              objects={labelled(image, classes)}
              hasMasks={hasMasks}
            />
            <DrawnObjects
              image={image}
              title="prediction"
              objects={predicted(image, classes, least)}
              hasMasks={hasMasks}
            />
            <span class="quiet-text">{image.path.split('/').slice(-2).join('/')}</span>
          </li>
        ))}
      </ul>
    </>
  );
}

function labelled({ objects }: ComparedImage, classes: readonly string[]) {
  return objects.map(({ label, box, mask, isCrowd, isMissed }) => ({
    box,
    mask,
    tone: isMissed ? 'missed' : isCrowd ? 'quiet' : 'right',
    text: classes[label] ?? '',
  }));
}

function predicted({ found }: ComparedImage, classes: readonly string[], least: number) {
  return found
    .filter(({ score }) => score >= least)
    .toReversed()
    .map(({ label, box, mask, score, verdict }) => ({
      box,
      mask,
      tone: verdict === null || verdict === 'ignored' ? 'quiet' : verdict,
      text: `${classes[label] ?? ''} ${percent(score, 0)}`,
    }));
}
