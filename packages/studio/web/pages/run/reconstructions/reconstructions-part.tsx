/** The reconstructions of the model from epoch to epoch, and their errors. */
import type { JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { EpochPicture, SheetPlaces } from '../../../../shared/protocol/run-details.js';
import { EpochSlider } from '../../../components/epoch-slider.js';
import type { PartProps } from '../part.js';
import { Crop } from './crop.js';
import { MaskFigure } from './mask-figure.js';
import { placeOf, rowsOf } from './sheet-pixels.js';
import '../../../masks/units.css';
import './reconstructions.css';

export function ReconstructionsPart({ details }: PartProps): JSX.Element {
  const { pictures, sheet, summary } = details;
  // Until the user moves it, the slider stays at the newest.
  const [chosen, setChosen] = useState<number | null>(null);
  const index = chosen === null ? pictures.length - 1 : Math.min(chosen, pictures.length - 1);
  const picture = pictures[index];
  if (!picture || !sheet) {
    return <p>There are no reconstructions yet; the first come after the first epoch.</p>;
  }
  return (
    <>
      <EpochSlider
        pictures={pictures}
        index={index}
        onChange={(next) => setChosen(next === pictures.length - 1 ? null : next)}
      />
      <Sheet address={addressOf(summary.id, picture)} epoch={picture.epoch} sheet={sheet} />
    </>
  );
}

function addressOf(id: string, { epoch, version }: EpochPicture): string {
  return `/api/runs/${id}/pictures/${epoch}?v=${encodeURIComponent(version)}`;
}

interface SheetProps {
  readonly address: string;
  readonly epoch: number;
  readonly sheet: SheetPlaces;
}

/** The images of the sheet to pick from, and the picked one in parts. */
function Sheet({ address, epoch, sheet }: SheetProps): JSX.Element {
  const image = useImage(address);
  const [picked, setPicked] = useState(0);
  const rows = useMemo(() => (image ? rowsOf(sheet, image.naturalHeight) : 0), [image, sheet]);
  const row = Math.min(picked, Math.max(0, rows - 1));
  return (
    <div class="sheet">
      <fieldset class="picks">
        <legend>Image</legend>
        {Array.from({ length: rows }, (_, number) => (
          <label key={number} class="pick">
            <input
              type="radio"
              name="image"
              checked={number === row}
              onChange={() => setPicked(number)}
            />
            {image && (
              <Crop
                image={image}
                place={placeOf(sheet, number, 'original')}
                label={`Image ${number + 1}`}
              />
            )}
          </label>
        ))}
      </fieldset>
      {image && <MaskFigure image={image} sheet={sheet} row={row} />}
      <details class="whole">
        <summary>The whole sheet of epoch {epoch}</summary>
        <img src={address} alt={`Reconstructions after epoch ${epoch}`} />
      </details>
    </div>
  );
}

/** @returns the last image that has come: the one before stays while the next is loaded */
function useImage(address: string): HTMLImageElement | undefined {
  const [image, setImage] = useState<HTMLImageElement>();
  useEffect(() => {
    let isCurrent = true;
    const loading = new Image();
    loading.src = address;
    loading.decode().then(
      () => isCurrent && setImage(loading),
      // A picture that is damaged, or gone: the one before stays.
      () => {},
    );
    return () => {
      isCurrent = false;
    };
  }, [address]);
  return image;
}
