import type { JSX } from 'preact';
import { FileInput } from './file-input.js';
import { megabytes } from './format.js';
import type { ModelTask, Runtime } from './model/protocol.js';
import type { OpenModel } from './workbench/workbench.js';

export interface ModelCardProps {
  readonly model: OpenModel | undefined;
  /** Name of the model that is on its way. */
  readonly loading: string | undefined;
  readonly choose: (files: readonly File[]) => void;
}

/** A card that names the model and what runs it, and lets the user choose another. */
export function ModelCard({ model, loading, choose }: ModelCardProps): JSX.Element {
  return (
    <section class="card model" aria-label="Model" aria-busy={loading !== undefined}>
      <div class="model-text" role="status">
        <p class="model-name">
          <bdi>{loading ?? model?.name ?? 'No model yet'}</bdi>
        </p>
        <p class="quiet-text">{loading === undefined ? description(model) : 'Loading …'}</p>
      </div>
      <FileInput
        label={model ? 'Choose another model' : 'Choose a model'}
        accept=".onnx"
        isPrimary={model === undefined}
        multiple
        choose={choose}
      />
    </section>
  );
}

function description(model: OpenModel | undefined): string {
  if (!model) return 'Choose an .onnx file, or drop it anywhere on this page.';
  const { task, image, bytes, runtime } = model;
  const size = image ? `images of ${image.width} × ${image.height} pixels` : 'images of any size';
  return [nameOf(task), size, megabytes(bytes), runtimeText(runtime)].join(' · ');
}

function nameOf(task: ModelTask): string {
  if (task.kind === 'backbone') return 'Backbone';
  const { length } = task.classes;
  const classes = `${length} ${length === 1 ? 'class' : 'classes'}`;
  return `${nouns[task.kind]} of ${classes}`;
}

const nouns = { classifier: 'Classifier', segmentor: 'Segmentor', detector: 'Detector' } as const;

function runtimeText(runtime: Runtime): string {
  if (runtime.kind === 'webgpu') return 'runs on WebGPU';
  if (runtime.threads > 1) return `runs on WebAssembly, ${runtime.threads} threads`;
  const reason = crossOriginIsolated ? '' : ' (more need two headers of the server)';
  return `runs on WebAssembly, 1 thread${reason}`;
}
