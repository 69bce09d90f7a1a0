/** Draws training curves as an SVG file that reads well on light and dark pages. */
import { writeFileSync } from 'node:fs';

/** Mean loss of every epoch, from the lines of a run's metrics. */
export function epochLosses(metrics) {
  return metrics.filter(({ kind }) => kind === 'epoch').map(({ loss }) => loss);
}

const size = { width: 640, height: 320, left: 56, right: 120, top: 40, bottom: 40 };

/**
 * @param {{title: string, series: {name: string, color: string, losses: number[]}[], from?:
 *   number}} chart `from` is the first epoch that is drawn
 */
export function writeCurves(file, { title, series, from = 1 }) {
  const all = series.flatMap(({ losses }) => losses.slice(from - 1));
  const low = Math.min(...all);
  const high = Math.max(...all);
  const epochs = Math.max(...series.map(({ losses }) => losses.length));
  const x = (epoch) =>
    size.left +
    ((epoch - from) / Math.max(1, epochs - from)) * (size.width - size.left - size.right);
  const y = (loss) =>
    size.top + ((high - loss) / (high - low)) * (size.height - size.top - size.bottom);
  const ticks = Array.from({ length: 5 }, (_, i) => low + ((high - low) * i) / 4);
  const names = new Map(
    series.map(({ name, color, losses }) => [name, { color, last: losses.at(-1) }]),
  );

  const lines = [
    ...ticks.map(
      (loss) =>
        `<line x1="${size.left}" x2="${size.width - size.right}" y1="${y(loss)}" y2="${y(loss)}" stroke="#8884"/>` +
        `<text x="${size.left - 8}" y="${y(loss) + 4}" text-anchor="end">${loss.toFixed(3)}</text>`,
    ),
    ...[from, Math.ceil((from + epochs) / 2), epochs].map(
      (epoch) =>
        `<text x="${x(epoch)}" y="${size.height - 16}" text-anchor="middle">epoch ${epoch}</text>`,
    ),
    ...series.map(({ color, losses }) => {
      const points = losses
        .map((loss, i) => [i + 1, loss])
        .filter(([epoch]) => epoch >= from)
        .map(([epoch, loss]) => `${x(epoch).toFixed(1)},${y(loss).toFixed(1)}`);
      return `<polyline points="${points.join(' ')}" fill="none" stroke="${color}" stroke-width="1.5"/>`;
    }),
    ...spread([...names]).map(
      ({ name, color, at }) =>
        `<text x="${size.width - size.right + 8}" y="${at}" fill="${color}">${name}</text>`,
    ),
  ];
  writeFileSync(
    file,
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" font-family="system-ui, sans-serif" font-size="12" fill="#888" role="img" aria-label="${title}">
<title>${title}</title>
<text x="${size.left}" y="20" font-size="14">${title}</text>
${lines.join('\n')}
</svg>
`,
  );

  /** Names at the ends of their curves, but never over each other. */
  function spread(entries) {
    const placed = entries
      .map(([name, { color, last }]) => ({ name, color, at: y(last) + 4 }))
      .sort((a, b) => a.at - b.at);
    for (let i = 1; i < placed.length; i++) {
      placed[i].at = Math.max(placed[i].at, placed[i - 1].at + 14);
    }
    return placed;
  }
}
