import type { JSX } from 'preact';
import type { LogText, SkippedFile } from '../../../shared/protocol/run-details.js';
import { bytes } from '../../format.js';
import { useRevision } from '../../live.js';
import { useJson } from '../../server-data.js';
import { wordsOf } from '../../words.js';
import type { PartProps } from './part.js';

/** The machine of the run, the images that it skipped, and log files beside it. */
export function FilesPart({ details }: PartProps): JSX.Element {
  const { environment, skipped, moreSkipped, logs, summary } = details;
  return (
    <>
      <div class="two-columns">
        <section>
          <h2>Environment</h2>
          {environment.length === 0 && <p>There is no environment.json that can be read.</p>}
          <table class="paths">
            <tbody>
              {environment.map(([name, value]) => (
                <tr key={name}>
                  <th scope="row" title={name}>
                    {factWords(name)}
                  </th>
                  <td>{factText(name, value)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
        <section>
          <h2>Skipped images</h2>
          <Skipped files={skipped} isCut={moreSkipped} />
        </section>
      </div>
      {logs.map((name, number) => (
        <Log key={name} id={summary.id} number={number} name={name} />
      ))}
    </>
  );
}

/** `versions.um-mae` as "um-mae version", other names as words. */
function factWords(name: string): string {
  const [, program] = /^versions\.(.+)$/.exec(name) ?? [];
  if (program !== undefined) return `${program} version`;
  return wordsOf(name.replace(/Bytes$/, ''));
}

function factText(name: string, value: string): string {
  return name.endsWith('Bytes') && Number.isFinite(Number(value)) ? bytes(Number(value)) : value;
}

interface SkippedProps {
  readonly files: readonly SkippedFile[];
  /** Whether there are more. */
  readonly isCut: boolean;
}

function Skipped({ files, isCut }: SkippedProps): JSX.Element {
  if (files.length === 0) return <p>None: every image could be read.</p>;
  return (
    <table>
      <thead>
        <tr>
          <th>Image</th>
          <th>Reason</th>
          <th class="number">Step</th>
        </tr>
      </thead>
      <tbody>
        {files.map(({ path, reason, step }) => (
          <tr key={path}>
            <td class="path">{path}</td>
            <td>{reason}</td>
            <td class="number">{step}</td>
          </tr>
        ))}
      </tbody>
      {isCut && <caption>The first {files.length}; skipped.jsonl has more.</caption>}
    </table>
  );
}

interface LogProps {
  readonly id: string;
  readonly number: number;
  readonly name: string;
}

function Log({ id, number, name }: LogProps): JSX.Element {
  const { value } = useJson<LogText>(`/api/runs/${id}/logs/${number}`, useRevision([id]));
  return (
    <section class="log">
      <h2>
        {name} {value?.isCut && <span class="quiet-text">its end</span>}
      </h2>
      <pre>{value?.text}</pre>
    </section>
  );
}
