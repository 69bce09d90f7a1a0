/** The settings of a sweep as a table for people. */
import { at } from '../../../at.js';
import type { RankedSetting, Ranking, SeedScore } from '../../../sweep/ranking.js';
import { percent, significant } from '../format.js';
import { isShare, scoreLabel, scoreValue } from './scores.js';

/** Lines of a table: a head, and a line for each setting. */
export function sweepLines({ settings }: Ranking): string[] {
  const paths = [...new Set(settings.flatMap(({ varied }) => Object.keys(varied)))];
  const names = [...new Set(settings.flatMap(({ scores }) => Object.keys(scores)))];
  const head = [...paths, ...names.map(scoreLabel), 'runs'];
  const rows = settings.map((setting) => [
    ...paths.map((path) => setting.varied[path] ?? ''),
    ...names.map((name) => scoreCell(name, setting.scores[name])),
    runsCell(setting),
  ]);
  const widths = head.map((_, column) =>
    Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)),
  );
  return [head, ...rows].map((row) =>
    row
      .map((cell, column) => cell.padEnd(at(widths, column)))
      .join('  ')
      .trimEnd(),
  );
}

function scoreCell(name: string, score: SeedScore | undefined): string {
  if (!score) return '-';
  const { mean, deviation } = score;
  const text = scoreValue(name, mean);
  if (deviation === null) return text;
  // One unit for both: 34.2 ± 1.1 %.
  if (isShare(name)) return `${text.slice(0, -2)} ± ${percent(deviation)}`;
  return `${text} ± ${significant(deviation, 2)}`;
}

/** Counts the runs that are finished, and those that are not. */
function runsCell({ runs }: RankedSetting): string {
  const count = (state: string) => runs.filter((run) => run.state === state).length;
  const [failed, waiting] = [count('failed'), count('waiting')];
  const others = [failed > 0 && `${failed} failed`, waiting > 0 && `${waiting} to do`];
  return [`${count('finished')}`, ...others.filter((text) => text !== false)].join(', ');
}
