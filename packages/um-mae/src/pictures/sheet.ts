/**
 * A grid of images with captions, as a PNG: what a person looks at to see whether training goes
 * well.
 */
import sharp from 'sharp';
import type { RgbImage } from '../images/geometry/resize.js';
import { type LegendEntry, layLegend } from './legend.js';
import {
  captionHeight,
  enlargement,
  extent,
  margin,
  noteHeight,
  sheetGrid,
  titleHeight,
} from './sheet-grid.js';
import { fitText, ink, loadFonts, textPath, wrapText } from './text.js';

export interface Sheet {
  /** In as many lines as the width of the images asks for. */
  readonly title: string;
  /** Smaller text below the title, in as many lines as it needs. */
  readonly note?: string;
  /** A caption for each column. */
  readonly columns: readonly string[];
  /** Rows of at most as many images as there are columns, in any size. */
  readonly rows: readonly (readonly RgbImage[])[];
  /** Lines below each image, as many for all. */
  readonly captions?: readonly (readonly (readonly string[])[])[];
  /** Names of colours, below all images. */
  readonly legend?: readonly LegendEntry[];
  /** Text below all images and the legend, in as many lines as it needs. */
  readonly footnote?: string;
}

/**
 * Images keep their shape and are enlarged by whole factors, without smoothing, to at least 128
 * pixels.
 */
export async function renderSheet({
  title,
  note = '',
  columns,
  rows,
  captions,
  legend: entries = [],
  footnote = '',
}: Sheet): Promise<Buffer> {
  const fonts = await loadFonts();
  const { medium, regular } = fonts;
  const images = rows.flat();
  const cell = {
    width: Math.max(...images.map((image) => image.width * enlargement(image))),
    height: Math.max(...images.map((image) => image.height * enlargement(image))),
  };
  const across = sheetGrid({ cell, noteLines: 0 }).across;
  const inner = Math.ceil(extent(columns.length, across));
  const titleLines = wrapText(medium, title, 18, inner);
  const noteLines = wrapText(regular, note, 13, inner);
  const footLines = wrapText(regular, footnote, 13, inner);
  const captionLines = captions?.[0]?.[0]?.length ?? 0;
  const further = Math.max(0, titleLines.length - 1) * titleHeight;
  const grid = sheetGrid({ cell, noteLines: noteLines.length, captionLines, further });
  const left = (column: number) => grid.left + column * grid.across;
  const top = (row: number) => grid.top + row * grid.down;
  const width = inner + 2 * margin;
  const legend = layLegend(entries, fonts, { size: 12, width: inner });
  const end = grid.top + extent(rows.length, grid.down) + margin;
  const foot = Math.ceil(end + legend.height);
  const height = foot + footLines.length * noteHeight;
  const lines = (texts: readonly string[], first: number) =>
    texts.map((text, i) => {
      const y = first + i * noteHeight;
      return textPath(regular, text, { x: margin, y, size: 13, colour: ink.quiet });
    });
  const caption = (text: string, x: number, y: number) =>
    textPath(regular, fitText(regular, text, 12, cell.width), {
      x,
      y,
      size: 12,
      colour: ink.quiet,
    });

  const text = [
    ...titleLines.map((text, i) => {
      const y = margin + 16 + i * titleHeight;
      return textPath(medium, fitText(medium, text, 18, inner), {
        x: margin,
        y,
        size: 18,
        colour: ink.title,
      });
    }),
    ...lines(noteLines, margin + 38 + further),
    ...lines(footLines, foot),
    ...columns.map((text, column) => caption(text, left(column), grid.top - 9)),
    ...(captions ?? []).flatMap((cells, row) =>
      cells.flatMap((lines, column) =>
        lines.map((text, i) =>
          caption(text, left(column), top(row) + cell.height + (i + 0.8) * captionHeight),
        ),
      ),
    ),
    `<g transform="translate(${margin} ${end - 8})">${legend.elements.join('')}</g>`,
  ];
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${text.join('')}</svg>`;
  const pictures = rows.flatMap((row, r) =>
    row.map(async (image, column) => ({
      input: await enlarged(image),
      left: left(column) + Math.floor((cell.width - image.width * enlargement(image)) / 2),
      top: top(r) + Math.floor((cell.height - image.height * enlargement(image)) / 2),
    })),
  );
  return sharp({ create: { width, height, channels: 3, background: ink.paper } })
    .composite([{ input: Buffer.from(svg), left: 0, top: 0 }, ...(await Promise.all(pictures))])
    .removeAlpha()
    .png()
    .toBuffer();
}

function enlarged(image: RgbImage): Promise<Buffer> {
  const { width, height, data } = image;
  const factor = enlargement(image);
  return sharp(data, { raw: { width, height, channels: 3 } })
    .resize(width * factor, height * factor, { kernel: 'nearest' })
    .png()
    .toBuffer();
}
