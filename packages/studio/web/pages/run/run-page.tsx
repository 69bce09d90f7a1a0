/** One run: curves, recipe, reconstructions or results, and what else it has left behind. */
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { RunDetails } from '../../../shared/protocol/run-details.js';
import { Origin } from '../../components/origin.js';
import { Progress } from '../../components/progress.js';
import { RunStateMark } from '../../components/run-state.js';
import { duration, scored, significant } from '../../format.js';
import { useRevision } from '../../live.js';
import type { PageProps } from '../../routing.js';
import { useJson } from '../../server-data.js';
import { taskWords } from '../../words.js';
import { CurvesPart } from './curves-part.js';
import { Ending } from './ending.js';
import { FeaturesPart } from './features-part.js';
import { FilesPart } from './files-part.js';
import { NotesEditor } from './notes-editor.js';
import type { Part } from './part.js';
import { ProcessesPart } from './processes-part.js';
import { RecipePart } from './recipe-part.js';
import { ReconstructionsPart } from './reconstructions/reconstructions-part.js';
import { resultsViews } from './results/views.js';
import './run-page.css';

const always = () => true;
const parts: readonly Part[] = [
  { path: '', title: 'Curves', view: CurvesPart, isFor: always },
  {
    path: 'reconstructions',
    title: 'Reconstructions',
    view: ReconstructionsPart,
    isFor: ({ sheet }) => sheet !== null,
  },
  ...resultsViews.map(({ task, view }) => ({
    path: 'results',
    title: 'Results',
    view,
    isFor: ({ summary }: RunDetails) => summary.task === task,
  })),
  {
    path: 'processes',
    title: 'Processes',
    view: ProcessesPart,
    isFor: ({ processes }) => processes !== null,
  },
  { path: 'features', title: 'Features', view: FeaturesPart, isFor: always },
  { path: 'recipe', title: 'Recipe', view: RecipePart, isFor: always },
  { path: 'files', title: 'Environment and files', view: FilesPart, isFor: always },
];

export function RunPage({ parameters, query }: PageProps): JSX.Element {
  const { id = '', part = '' } = parameters;
  const revision = useRevision([id]);
  const { value: details, failure } = useJson<RunDetails>(`/api/runs/${id}`, revision);
  const name = details?.summary.name;
  useEffect(() => {
    if (name !== undefined) document.title = `${name} · um-mae studio`;
  }, [name]);
  if (!details) {
    return (
      <>
        <h1>Run</h1>
        {failure !== undefined && <Failure sentence={failure} />}
      </>
    );
  }
  const listed = parts.filter(({ isFor }) => isFor(details));
  const shown = listed.find(({ path }) => path === part);
  return (
    <>
      <h1>{details.summary.name}</h1>
      {failure !== undefined && <Failure sentence={failure} />}
      {details.summary.problem && <p class="notice bad">{details.summary.problem}</p>}
      <Ending details={details} />
      <Facts details={details} />
      <NotesEditor id={id} notes={details.summary.notes} />
      <nav class="parts" aria-label="Parts of the run">
        {listed.map(({ path, title }) => (
          <a
            key={path}
            href={path === '' ? `/runs/${id}` : `/runs/${id}/${path}`}
            aria-current={path === part ? 'page' : undefined}
          >
            {title}
          </a>
        ))}
      </nav>
      {shown ? <shown.view details={details} query={query} /> : <p>This run has no such part.</p>}
    </>
  );
}

/** A message about a failure. The earlier contents stay below it. */
function Failure({ sentence }: { readonly sentence: string }): JSX.Element {
  return (
    <p class="notice bad" role="alert">
      {sentence} <a href="/">See all runs</a>.
    </p>
  );
}

function Facts({ details }: { readonly details: RunDetails }): JSX.Element {
  const { summary: run, origin } = details;
  const facts: readonly (readonly [string, JSX.Element | string])[] = [
    ['State', <RunStateMark key="state" state={run.state} />],
    ['Progress', <Progress key="progress" run={run} />],
    ['Model', run.model],
    ['Task', taskWords(run)],
    ...(origin ? [['Began from', <Origin key="origin" origin={origin} />] as const] : []),
    ['Loss', significant(run.loss)],
    ...(run.score ? [[capital(run.score.name), scored(run.score)] as const] : []),
    ['Images/s', significant(run.imagesPerSecond)],
    ['Trained for', duration(run.elapsedSeconds)],
    ...(run.secondsLeft === null ? [] : [['Time left', duration(run.secondsLeft)] as const]),
  ];
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt title={name}>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
