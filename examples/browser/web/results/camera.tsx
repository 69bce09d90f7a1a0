import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ImageResult } from '../model/protocol.js';

/** A picture of the camera, and what the model says of it. */
export interface Seen {
  readonly result: ImageResult;
  readonly view: string;
  readonly mask: string | undefined;
}

export interface CameraProps {
  /** Runs the model; undefined where it cannot. */
  readonly look: (file: File) => Promise<ImageResult | undefined>;
  /** @param message a sentence for the user */
  readonly notify: (message: string) => void;
  readonly show: (seen: Seen) => JSX.Element;
}

/** A button that starts the camera, and what the model sees in it, picture after picture. */
export function Camera({ look, notify, show }: CameraProps): JSX.Element {
  const [stream, setStream] = useState<MediaStream>();
  const [seen, setSeen] = useState<Seen>();
  const watching = useRef({ look });
  watching.current = { look };
  useEffect(() => {
    if (!stream) return;
    const stop = watch(stream, (file) => watching.current.look(file), setSeen);
    return () => {
      stop();
      setSeen(undefined);
    };
  }, [stream]);
  const start = () =>
    openCamera().then(setStream, (error: Error) =>
      notify(`Expected a camera but this browser gave none: ${error.message}.`),
    );
  return (
    <>
      <button type="button" onClick={() => (stream ? setStream(undefined) : void start())}>
        {stream ? 'Stop the camera' : 'Use the camera'}
      </button>
      {seen && <div class="camera">{show(seen)}</div>}
    </>
  );
}

/** Only pages on this machine, or on https, are given a camera. */
async function openCamera(): Promise<MediaStream> {
  return navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
}

/** @returns ends it, and closes the camera */
function watch(
  stream: MediaStream,
  look: CameraProps['look'],
  show: (seen: Seen) => void,
): () => void {
  const video = document.createElement('video');
  video.srcObject = stream;
  video.muted = true;
  const addresses: string[] = [];
  let isOver = false;
  const next = async () => {
    const result = isOver ? undefined : await look(await pictureOf(video));
    if (isOver || !result) return;
    const before = addresses.splice(0);
    const keep = (blob: Blob) => addresses[addresses.push(URL.createObjectURL(blob)) - 1] ?? '';
    show({ result, view: keep(result.view), mask: result.mask && keep(result.mask) });
    // The last ones are still shown while these are decoded.
    setTimeout(() => forget(before), 1000);
    requestAnimationFrame(() => void next());
  };
  void video.play().then(next);
  return () => {
    isOver = true;
    for (const track of stream.getTracks()) track.stop();
    forget(addresses);
  };
}

function forget(addresses: readonly string[]): void {
  for (const address of addresses) URL.revokeObjectURL(address);
}

async function pictureOf(video: HTMLVideoElement): Promise<File> {
  const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
  canvas.getContext('2d')?.drawImage(video, 0, 0);
  return new File([await canvas.convertToBlob({ type: 'image/png' })], 'Camera');
}
