/** Returns the scores in the last line of a command. Paths of a machine are left out. */
export function finalScores({ kind, summary, ...report }) {
  if (kind !== 'finished')
    return { neighbours: report.neighbours, linearProbe: report.linearProbe };
  const { loss, best, elapsedSeconds } = summary;
  return best ? { loss, topOne: best.topOne, elapsedSeconds } : { loss, elapsedSeconds };
}
