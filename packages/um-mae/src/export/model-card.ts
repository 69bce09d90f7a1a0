/** The model card of an export, in Markdown. A run beside the weights supplies data and results. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { describePooledStages, type PooledStages } from '../backbones/pooled-stages.js';
import { CheckpointError } from '../errors.js';
import { jsonText } from '../files/json-text.js';
import { wholeText } from '../files/whole-file.js';
import { cropShare } from '../images/geometry/crop.js';
import { deviation, mean } from '../images/normalise.js';
import { printable } from '../printable.js';
import { type AnyRecipe, kindOf } from '../recipes/kind.js';
import { formatRecipe } from '../recipes/recipe-file.js';
import { betterOf } from '../training/recording/run-log.js';
import { parseTrainingState } from '../training/run-files/checkpoints/training-state.js';
import { parseEntry } from '../training/run-files/metrics/line-log.js';
import type {
  Metrics,
  MetricsLine,
  ScoresLine,
} from '../training/run-files/metrics/metrics-line.js';
import { RunDirectory } from '../training/run-files/run-directory.js';
import type { ExportSource } from './source.js';

export interface CardOptions {
  /** The name of the model. */
  readonly name: string;
  /** A program that uses what was written. */
  readonly usage: { readonly language: string; readonly text: string };
  /** The name that Hugging Face's hub has for the library that reads it. */
  readonly library: string;
  /** The version of um-mae. */
  readonly version: string;
}

/** @returns the text of the card */
export function modelCard(source: ExportSource, card: CardOptions): string {
  const { name, usage, version, library } = card;
  const { title, backbone, image, isOpen, classes, pixels, recipe } = source;
  const run = runOf(source.file);
  const sections = [
    frontMatter(source, library),
    `# ${plain(name)}`,
    `A ${backbone.kind} ${title}, for images of ${isOpen ? 'any size' : `${image.height}x${image.width} pixels`}. Exported by um-mae ${plain(version)}.`,
    section('Use', fenced(usage.text, usage.language)),
    section('Preparation of images', preparation(source)),
    source.pooled && section('Embedding', embeddingOf(source.pooled)),
    classes.length > 0 && section('Classes', classesOf(classes, pixels?.colours)),
    run && section('Data', dataOf(run)),
    run && section('Results', resultsOf(run, recipe)),
    recipe && section('Recipe', fenced(formatRecipe(withoutPlaces(recipe), []), 'yaml')),
    run && section('Versions', versionsOf(run)),
    section(
      'Licence',
      'State here, and as `license` at the top, how this model may be used. The licences of the images matter, too.',
    ),
  ];
  return `${sections.filter((text) => typeof text === 'string').join('\n\n')}\n`;
}

/**
 * The head of a card in YAML, by which Hugging Face's hub finds the model and its library. The
 * licence is left to whoever publishes it.
 */
function frontMatter(source: ExportSource, library: string): string {
  const head = {
    license: 'unknown',
    library_name: library,
    pipeline_tag: pipelineOf(source),
    tags: ['um-mae', source.backbone.kind],
    ...(source.pooled && { embedding: source.pooled }),
  };
  return `---\n${formatRecipe(head, [])}---`;
}

/** The task of a model, as Hugging Face's hub names tasks. */
function pipelineOf({ transformers, isBackbone, objects }: ExportSource): string {
  if (transformers) return transformers.pipeline;
  if (isBackbone) return 'image-feature-extraction';
  return objects ? 'object-detection' : 'image-classification';
}

function section(title: string, text: string): string {
  return `## ${title}\n\n${text}`;
}

function embeddingOf(pooled: PooledStages): string {
  const each =
    pooled.pooling === 'mean'
      ? 'the means of its channels'
      : 'the means of its channels, then their standard deviations';
  return `An image has one vector: the ${describePooledStages(pooled)} over all places, counted from 0; of each stage ${each}.`;
}

/** Lists classes by their names, and by the colours that pictures show them in. */
function classesOf(classes: readonly string[], colours: readonly string[] | undefined): string {
  const shown = (name: string, i: number) => {
    const colour = colours?.[i];
    return colour === undefined ? code(name) : `${code(name)} ${colour}`;
  };
  return classes.map(shown).join(', ');
}

function preparation({ image, fitting, isOpen, pixels, objects }: ExportSource): string {
  const { height, width } = image;
  const scaling = `Scale pixels to 0 ... 1, then subtract ${mean.join(', ')} and divide by ${deviation.join(', ')}, per channel.`;
  if (isOpen && pixels) {
    const { long, short } = pixels.scale;
    return `RGB. Resize (bicubic, keeping the aspect ratio) until the shorter side has ${short} pixels, or the longer one ${long}. ${scaling}`;
  }
  if (fitting === 'stretch') {
    return `RGB. Resize all of the image (bicubic) to ${height}x${width}. ${scaling}`;
  }
  if (fitting === 'pad') {
    return `RGB. Resize (${objects?.interpolation}, keeping the aspect ratio) until the image just fits into ${height}x${width}. ${scaling} Put it at the top left; all else is 0.`;
  }
  const share = cropShare(image);
  const covered = `${Math.trunc(height / share)}x${Math.trunc(width / share)}`;
  return `RGB. Resize (bicubic, keeping the aspect ratio) until the image just covers ${covered}. Crop the middle ${height}x${width}. ${scaling}`;
}

/** Returns a recipe without its paths, which are private to the machine of training. */
function withoutPlaces(recipe: object): object {
  const { data: _, from: __, ...rest }: { data?: unknown; from?: unknown } = { ...recipe };
  return rest;
}

/** The run that a file of weights is in, if it is in one. */
function runOf(file: string): RunDirectory | undefined {
  const checkpoint = dirname(file);
  return [checkpoint, join(checkpoint, '../..')]
    .map((folder) => new RunDirectory(folder))
    .find((run) => run.exists);
}

function dataOf(run: RunDirectory): string {
  const path = join(run.checkpoints, 'last/state.json');
  const text = readIfThere(path);
  const skipped = linesOf(run.skipped).length;
  const count = text === undefined ? undefined : parseTrainingState(text, path).images.count;
  const trained = count === undefined ? 'An unknown number of images' : `${count} images`;
  return skipped === 0
    ? `${trained}; all could be read.`
    : `${trained}, of which ${skipped} could not be read.`;
}

/** Returns a table of the last line of each kind. */
function resultsOf(run: RunDirectory, recipe: AnyRecipe | undefined): string {
  const lines = linesOf(run.metrics).flatMap((line) => (parseEntry(line) ?? []) as MetricsLine[]);
  const last = (kind: MetricsLine['kind']) => lines.filter((line) => line.kind === kind).at(-1);
  const rows = [
    ...trainingRows(last('epoch') ?? last('step')),
    ...watchRows(last('watch')),
    ...(recipe ? evaluationRows(lines, recipe) : []),
  ];
  if (rows.length === 0) return 'None were recorded.';
  return ['| | |', '|---|---|', ...rows.map(([name, value]) => `| ${name} | ${value} |`)].join(
    '\n',
  );
}

type Row = readonly [name: string, value: string];

function trainingRows(line: MetricsLine | undefined): Row[] {
  if (line?.kind !== 'epoch' && line?.kind !== 'step') return [];
  const { step, epoch, loss, elapsedSeconds }: Metrics = line;
  return [
    ['steps', `${step}`],
    ['epochs', significant(epoch)],
    ['training loss', significant(loss)],
    ['hours of training', significant(elapsedSeconds / 3600)],
  ];
}

function watchRows(line: MetricsLine | undefined): Row[] {
  if (line?.kind !== 'watch') return [];
  const { kind: _, step: __, epoch: ___, seconds: ____, ...scores } = line;
  return Object.entries(scores).flatMap(([name, score]): Row[] =>
    typeof score === 'number' ? [[plain(name), significant(score)]] : [],
  );
}

/** Lists the scores of the exported weights, which are the best ones. */
function evaluationRows(lines: readonly MetricsLine[], recipe: AnyRecipe): Row[] {
  const { scores, primaryScore } = kindOf(recipe);
  const best = lines.reduce<ScoresLine | null>(
    (found, line) => betterOf(found, line, primaryScore),
    null,
  );
  return scores.flatMap(({ name, label, format }): Row[] => {
    const value = best?.[name];
    if (typeof value !== 'number' || format === 'count') return [];
    const text = format === 'share' ? `${significant(100 * value)} %` : significant(value);
    return [[`${label} of the best epoch`, text]];
  });
}

const environment = jsonText.pipe(z.object({ versions: z.record(z.string(), z.string()) }));

function versionsOf(run: RunDirectory): string {
  const found = environment.safeParse(readIfThere(run.environment) ?? '{}');
  if (!found.success) return 'Unknown.';
  const versions = Object.entries(found.data.versions);
  return `Trained with ${versions.map(([name, version]) => `${plain(name)} ${plain(version)}`).join(', ')}.`;
}

function linesOf(path: string): string[] {
  return (readIfThere(path) ?? '').split('\n').filter((line) => line !== '');
}

function readIfThere(path: string): string | undefined {
  return existsSync(path) ? wholeText(path, { as: CheckpointError }) : undefined;
}

function significant(value: unknown): string {
  return typeof value === 'number' ? `${Number(value.toPrecision(3))}` : 'unknown';
}

/** Names of users are no Markdown, and no HTML. */
function plain(text: string): string {
  return text.replace(/[\r\n]+/g, ' ').replace(/[\\`*_{}[\]<>()#+!|~&]/g, '\\$&');
}

/** Writes code between more backticks than the text has. */
function code(text: string): string {
  const line = printable(text.replace(/[\r\n]+/g, ' '));
  const fence = '`'.repeat(longestRun(line) + 1);
  const space = line.includes('`') ? ' ' : '';
  return `${fence}${space}${line}${space}${fence}`;
}

function fenced(text: string, language: string): string {
  const fence = '`'.repeat(Math.max(3, longestRun(text) + 1));
  return `${fence}${language}\n${text.trimEnd()}\n${fence}`;
}

function longestRun(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map(({ length }) => length));
}
