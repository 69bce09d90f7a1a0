/** The page: a model, then images, then what the model says of them. */
import type { JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { FileInput } from './file-input.js';
import type { RuntimeChoice } from './model/protocol.js';
import { ModelCard } from './model-card.js';
import { Notices } from './notices.js';
import { Classifications } from './results/classifications.js';
import { Detections } from './results/detections.js';
import { Segmentations } from './results/segmentations.js';
import { SimilarPictures } from './results/similar-pictures.js';
import { UnusableFile } from './unusable-file.js';
import { useFileDrops } from './use-file-drops.js';
import { linkedModel } from './workbench/linked-model.js';
import { type OpenModel, Workbench, type WorkbenchState } from './workbench/workbench.js';

export function Page(): JSX.Element {
  const [state, setState] = useState<WorkbenchState>({ pictures: [], notices: [] });
  const workbench = useMemo(() => new Workbench(setState, runtimeChoice()), []);
  const isDropping = useFileDrops((files) => workbench.open(files));
  useEffect(() => void openLinkedModel(workbench), [workbench]);
  const { model, loading, pictures, notices } = state;
  return (
    <>
      <a class="skip-link" href="#content">
        Skip to the page
      </a>
      <header class="top">
        <h1 class="brand">um-mae in the browser</h1>
        <span class="quiet-text">Images stay on this machine.</span>
      </header>
      <main id="content" tabIndex={-1} class={isDropping ? 'is-dropping' : undefined}>
        <ModelCard
          model={model}
          loading={loading}
          choose={(files) => workbench.openModels(files)}
        />
        <ImageInput state={state} workbench={workbench} />
        {model && (
          <Results key={model.id} model={model} pictures={pictures} workbench={workbench} />
        )}
        {!model && <Introduction />}
      </main>
      <Notices notices={notices} dismiss={() => workbench.dismissNotices()} />
    </>
  );
}

/** The answers of a model, as its task has them. */
function Results({
  model: { task, image = anySize },
  pictures,
  workbench,
}: {
  readonly model: OpenModel;
  readonly pictures: WorkbenchState['pictures'];
  readonly workbench: Workbench;
}): JSX.Element {
  switch (task.kind) {
    case 'classifier':
      return <Classifications pictures={pictures} classes={task.classes} image={image} />;
    case 'backbone':
      return <SimilarPictures pictures={pictures} image={image} />;
    case 'segmentor':
      return <Segmentations pictures={pictures} task={task} workbench={workbench} />;
    case 'detector':
      return <Detections pictures={pictures} workbench={workbench} />;
  }
}

/** The shape of a frame whose image is not known yet. */
const anySize = { height: 1, width: 1 };

/** The introduction that is shown until there is a model. */
function Introduction(): JSX.Element {
  return (
    <section class="introduction" aria-label="How it works">
      <p>
        A model is a file of ONNX, written by <code>um-mae export RUN --out MODEL.onnx</code>.
      </p>
      <ul>
        <li>A classifier tells which of its classes every image shows, and how sure it is.</li>
        <li>A backbone finds, for one image, those of the others that are most like it.</li>
        <li>A segmentor colours the pixels of images, or of a camera, by their classes.</li>
        <li>
          A detector draws boxes around objects, and masks over them. One of several files is chosen
          with all of them.
        </li>
      </ul>
      <p>
        All run in this browser, on the graphics processor where it offers WebGPU, else on the
        processor. Neither models nor images leave this machine.
      </p>
    </section>
  );
}

/** The input of images, with its progress. */
function ImageInput({
  state: { model, pictures },
  workbench,
}: {
  readonly state: WorkbenchState;
  readonly workbench: Workbench;
}): JSX.Element {
  return (
    <section class="card drop" aria-label="Images">
      <div class="drop-line">
        <FileInput
          label="Choose images"
          accept="image/*"
          multiple
          isPrimary={model !== undefined}
          choose={(files) => workbench.addPictures(files)}
        />
        <span class="quiet-text">
          or drop or paste them anywhere on this page, whole folders, too
        </span>
      </div>
      <div class="drop-line">
        <span class="quiet-text" role="status">
          {progress(model !== undefined, pictures)}
        </span>
        <button
          type="button"
          class="quiet"
          disabled={pictures.length === 0}
          onClick={() => workbench.removePictures()}
        >
          Remove all
        </button>
      </div>
    </section>
  );
}

function progress(hasModel: boolean, pictures: WorkbenchState['pictures']): string {
  const total = pictures.length;
  if (total === 0) return 'No images yet';
  const images = total === 1 ? '1 image' : `${total} images`;
  const done = pictures.filter(({ result }) => result).length;
  if (done === total) return images;
  return hasModel ? `${done} of ${images}` : `${images}, waiting for a model`;
}

/** Reads the choice of a runtime from the address, as in `?runtime=wasm`. */
function runtimeChoice(): RuntimeChoice {
  const choice = new URL(location.href).searchParams.get('runtime');
  return choice === 'wasm' || choice === 'webgpu' ? choice : undefined;
}

async function openLinkedModel(workbench: Workbench): Promise<void> {
  try {
    const linked = await linkedModel(new URL(location.href));
    if (linked) await workbench.openModel(linked.file, { others: [], address: linked.address });
  } catch (error) {
    if (!(error instanceof UnusableFile)) throw error;
    workbench.notify(error.message);
  }
}
