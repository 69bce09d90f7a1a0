/** Ways of masking on a picture, and what an encoder makes of them. */
import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { percent } from '../../format.js';
import type { MaskSettings } from '../../masks/settings.js';
import { type DrawnMask, maskOf } from './drawing/drawn-mask.js';
import { MaskStage } from './drawing/mask-stage.js';
import { MaskNumbers } from './mask-numbers.js';
import { PictureInput } from './picture/picture-input.js';
import { usePicture } from './picture/use-picture.js';
import { MaskControls } from './settings/mask-controls.js';
import { SecondaryPart } from './settings/secondary-part.js';
import { type SettingsAddress, useSettings } from './settings/use-settings.js';
import { WindowPart } from './window-part.js';
import './masks.css';

export function MaskExplorer(address: SettingsAddress): JSX.Element {
  const [problem, setProblem] = useState<string>();
  const { settings, change } = useSettings(address, setProblem);
  const pictures = usePicture(setProblem);
  const { picture } = pictures.shown;
  const mask = useMemo(() => maskOf(settings.method, settings), [settings]);
  const [wanted, setFollowed] = useState(5);
  const windows = mask.states.length / (mask.window[0] * mask.window[1]);
  const followed = Math.min(wanted, windows - 1);
  return (
    <div class="masks" data-over={pictures.isOver}>
      <h1>Masks</h1>
      <p>
        A masked autoencoder learns by imagining what it is not shown. Which units of an image it
        keeps decides what kind of encoder can work on those alone, and how hard the task is.
      </p>
      <PictureInput {...pictures} problem={problem} />
      <div class="mask-top">
        <MaskStage
          picture={picture}
          mask={mask}
          followed={followed}
          windows={windows}
          onFollow={setFollowed}
        />
        <MaskControls settings={settings} onChange={change} onProblem={setProblem} />
        <p>
          <Words mask={mask} settings={settings} />
        </p>
      </div>
      <MaskNumbers mask={mask} />
      <WindowPart settings={settings} followed={followed} />
      <SecondaryPart picture={picture} settings={settings} />
    </div>
  );
}

interface WordsProps {
  readonly mask: DrawnMask;
  readonly settings: MaskSettings;
}

function Words({ mask, settings }: WordsProps): JSX.Element {
  if (!mask.cell)
    return (
      <>
        Units are kept anywhere. What is left has no rows and columns: neighbours in the list are
        not neighbours in the image, and windows of the image hold different numbers of units. A
        plain ViT takes the list as it is; a pyramid, with its windows and strides, cannot.
      </>
    );
  const { rows, columns } = mask.packing.grid;
  return (
    <>
      One unit of every cell of {size(...mask.cell)} is kept, at a random place. Moved together they
      are a grid again, of {size(rows, columns)} instead of {size(settings.units, settings.units)},
      so that windows and strides of a pyramid work as on any image, with fewer tokens.
      {mask.method === 'secondary' &&
        ` Of the kept units ${percent(settings.secondary, 0)} are hidden again: a learned token takes the place of each, and the grid keeps its shape.`}
    </>
  );
}

/** Formats a size so that it stays on one line. */
function size(rows: number, columns: number): string {
  return `${rows}\u00a0×\u00a0${columns}`;
}
