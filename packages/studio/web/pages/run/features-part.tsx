/** Features of images that `um-mae embed` has left in the run. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { FeatureFile } from '../../../shared/protocol/features.js';
import { useFeatures } from '../../features/features.js';
import { FeaturesView } from '../../features/features-view.js';
import type { PartProps } from './part.js';

export function FeaturesPart({ details }: PartProps): JSX.Element {
  const { features: files, summary, typed } = details;
  const [chosen, setChosen] = useState<string>();
  const file = files.find(({ name }) => name === chosen) ?? files[0];
  if (!file) {
    return (
      <>
        <p>There are no features in this run yet. This makes some, with small pictures:</p>
        <pre>{`${typed.command} embed ${typed.run} FOLDER`}</pre>
        <p class="quiet-text">FOLDER: any folder of images; those by class are drawn in colours.</p>
      </>
    );
  }
  return (
    <>
      {files.length > 1 && (
        <div class="controls">
          <label>
            Images{' '}
            <select value={file.name} onChange={(event) => setChosen(event.currentTarget.value)}>
              {files.map(({ name }) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
        </div>
      )}
      <File run={summary.id} file={file} />
    </>
  );
}

function File({ run, file }: { readonly run: string; readonly file: FeatureFile }): JSX.Element {
  const { features, failure } = useFeatures(run, file);
  if (failure !== undefined) return <p class="notice bad">{failure}</p>;
  return features ? <FeaturesView run={run} features={features} /> : <p class="scatter-wait" />;
}
