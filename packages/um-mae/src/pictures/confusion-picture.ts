/**
 * A confusion matrix as a PNG: a row for each true class, shaded by what its images were taken for.
 */
import sharp from 'sharp';
import { type Fonts, fitText, ink, loadFonts, textPath, textWidth } from './text.js';

export interface ConfusionPicture {
  readonly title: string;
  /** Smaller line below the title. */
  readonly note: string;
  readonly classes: readonly string[];
  /** Images by true class, then by predicted class. */
  readonly confusion: readonly (readonly number[])[];
}

const margin = 24;
const widestLabel = 140;
/** A picture of more classes has no room for their names, one of still more none for numbers. */
const mostNamed = 80;
const mostNumbered = 30;
/** Right answers are blue, mistakes orange. */
const colours = { right: [31, 90, 166], wrong: [200, 84, 18], paper: [251, 251, 249] } as const;

interface Layout {
  readonly cell: number;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly labels: readonly string[];
}

export async function renderConfusion(picture: ConfusionPicture): Promise<Buffer> {
  const fonts = await loadFonts();
  const layout = layOut(picture, fonts);
  const { width, height } = layout;
  const parts = [
    ...header(picture, fonts),
    ...axes(layout, fonts),
    ...cells(picture, layout, fonts),
  ];
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="${ink.paper}"/>${parts.join('')}</svg>`;
  return sharp(Buffer.from(svg)).removeAlpha().png().toBuffer();
}

function layOut({ title, note, classes }: ConfusionPicture, { medium, regular }: Fonts): Layout {
  const count = classes.length;
  const cell = count <= mostNumbered ? 34 : Math.max(2, Math.min(14, Math.floor(1000 / count)));
  const isNamed = count <= mostNamed;
  const labels = isNamed ? classes.map((name) => fitText(regular, name, 12, widestLabel)) : [];
  const longest = Math.max(0, ...labels.map((label) => textWidth(regular, label, 12)));
  const left = Math.ceil(margin + 20 + longest + 8);
  const top = Math.ceil(margin + 48 + 20 + longest + 8);
  const widest = Math.max(textWidth(medium, title, 18), textWidth(regular, note, 13));
  const width = Math.ceil(Math.max(left + count * cell + margin, widest + 2 * margin));
  return { cell, left, top, width, height: top + count * cell + margin, labels };
}

function header({ title, note }: ConfusionPicture, { medium, regular }: Fonts): string[] {
  return [
    textPath(medium, title, { x: margin, y: margin + 16, size: 18, colour: ink.title }),
    textPath(regular, note, { x: margin, y: margin + 38, size: 13, colour: ink.quiet }),
  ];
}

/** Names of the rows, and of the columns from the bottom up. */
function axes({ cell, left, top, labels }: Layout, { regular }: Fonts): string[] {
  const text = (label: string, x: number, y: number) =>
    textPath(regular, label, { x, y, size: 12, colour: ink.quiet });
  const upwards = (label: string, x: number, y: number) =>
    `<g transform="translate(${x} ${y}) rotate(-90)">${text(label, 0, 0)}</g>`;
  return [
    upwards('true class', margin + 10, top + textWidth(regular, 'true class', 12)),
    text('predicted class', left, margin + 48 + 14),
    ...labels.flatMap((label, i) => {
      const middle = i * cell + cell / 2 + 4;
      const start = left - 8 - textWidth(regular, label, 12);
      return [text(label, start, top + middle), upwards(label, left + middle, top - 8)];
    }),
  ];
}

function cells(
  { confusion, classes }: ConfusionPicture,
  { cell, left, top }: Layout,
  { regular }: Fonts,
): string[] {
  const gap = cell > 4 ? 1 : 0;
  return confusion.flatMap((row, truth) => {
    const images = row.reduce((sum, count) => sum + count, 0);
    return row.flatMap((count, predicted) => {
      const [x, y] = [left + predicted * cell, top + truth * cell];
      const share = images === 0 ? 0 : count / images;
      const fill = shade(share, truth === predicted);
      const square = `<rect x="${x}" y="${y}" width="${cell - gap}" height="${cell - gap}" fill="${fill}"/>`;
      if (count === 0 || classes.length > mostNumbered) return [square];
      const colour = share > 0.5 ? ink.paper : ink.title;
      const centred = (text: string, size: number, down: number) => {
        const start = x + (cell - gap - textWidth(regular, text, size)) / 2;
        return textPath(regular, text, { x: start, y: y + cell / 2 + down, size, colour });
      };
      return [square, centred(`${count}`, 11, 0), centred(`${Math.round(100 * share)} %`, 8, 11)];
    });
  });
}

/** Shades from nearly paper to the full colour; the root lets rare mistakes be seen. */
function shade(share: number, isRight: boolean): string {
  const full = isRight ? colours.right : colours.wrong;
  const strength = share === 0 ? 0.03 : 0.12 + 0.88 * Math.sqrt(share);
  const mixed = full.map((level, i) =>
    Math.round((colours.paper[i] ?? 255) * (1 - strength) + level * strength),
  );
  return `rgb(${mixed.join(',')})`;
}
