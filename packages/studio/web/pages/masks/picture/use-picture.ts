import { useMemo, useRef, useState } from 'preact/hooks';
import { useGivenFiles } from '../../../components/image-input.js';
import { drawPicture } from '../drawing/drawn-picture.js';
import { openPicture } from './open-picture.js';

export interface ShownPicture {
  readonly picture: HTMLCanvasElement;
  /** The file name of the picture. Undefined for the default one. */
  readonly name: string | undefined;
  readonly size: string;
}

/**
 * The picture that is shown: a drawn one, until the user chooses, drops or pastes another anywhere
 * on the page. If a picture cannot be shown, `onProblem` is called and the old one stays.
 */
export function usePicture(onProblem: (problem: string | undefined) => void) {
  const drawn = useMemo(
    (): ShownPicture => ({ picture: drawPicture(), name: undefined, size: '' }),
    [],
  );
  const [shown, setShown] = useState(drawn);
  const [isOver, setIsOver] = useState(false);
  const latest = useRef(0);
  const { open, showDrawn } = useMemo(() => {
    const open = async (files: FileList | undefined | null) => {
      const file = files?.item(0);
      if (!file) return;
      const request = ++latest.current;
      const opened = await openPicture(file);
      // A larger picture that was chosen before may be ready later.
      if (request !== latest.current) return;
      onProblem('problem' in opened ? opened.problem : undefined);
      if (!('problem' in opened)) setShown(opened);
    };
    const showDrawn = () => {
      latest.current++;
      setShown(drawn);
      onProblem(undefined);
    };
    return { open, showDrawn };
  }, [drawn, onProblem]);
  useGivenFiles({ onFiles: open, onOver: setIsOver });
  return { shown, isOver, open, showDrawn };
}
