/**
 * The classes of published data sets: their names, in the order of their numbers, and the values of
 * their masks.
 */
import type { Colour } from '../../../images/masks/class-map-file.js';

/** Classes of a data set, and what is not to be learnt. */
export interface KnownClasses {
  /** The name of the data set, for messages. */
  readonly title: string;
  readonly names: readonly string[];
  /** The values of masks, one for each name. Default: those from 0 on. */
  readonly values?: readonly number[];
  /** Values whose pixels are ignored, beside 255. */
  readonly ignored: readonly number[];
  /** The colours that the data set is shown in. Default: our own. */
  readonly colours?: readonly Colour[];
}

/** The data sets whose classes are known. */
export type KnownSet =
  | 'ade20k'
  | 'cityscapes'
  | 'cityscapes-label-ids'
  | 'voc'
  | 'camvid'
  | 'coco-stuff';

/** All numbers from `first` to `last`. */
function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

const words = (text: string) => text.trim().split(/\s*,\s*/);

const ade20k =
  words(`wall, building, sky, floor, tree, ceiling, road, bed, windowpane, grass, cabinet, sidewalk,
person, earth, door, table, mountain, plant, curtain, chair, car, water, painting, sofa, shelf, house, sea, mirror,
rug, field, armchair, seat, fence, desk, rock, wardrobe, lamp, bathtub, railing, cushion, base, box, column,
signboard, chest of drawers, counter, sand, sink, skyscraper, fireplace, refrigerator, grandstand, path, stairs,
runway, case, pool table, pillow, screen door, stairway, river, bridge, bookcase, blind, coffee table, toilet,
flower, book, hill, bench, countertop, stove, palm, kitchen island, computer, swivel chair, boat, bar,
arcade machine, hovel, bus, towel, light, truck, tower, chandelier, awning, streetlight, booth,
television receiver, airplane, dirt track, apparel, pole, land, bannister, escalator, ottoman, bottle, buffet,
poster, stage, van, ship, fountain, conveyer belt, canopy, washer, plaything, swimming pool, stool, barrel, basket,
waterfall, tent, bag, minibike, cradle, oven, ball, food, step, tank, trade name, microwave, pot, animal, bicycle,
lake, dishwasher, screen, blanket, sculpture, hood, sconce, vase, traffic light, tray, ashcan, fan, pier,
crt screen, plate, monitor, bulletin board, shower, radiator, glass, clock, flag`);

const cityscapes =
  words(`road, sidewalk, building, wall, fence, pole, traffic light, traffic sign, vegetation,
terrain, sky, person, rider, car, truck, bus, train, motorcycle, bicycle`);

const cityscapesColours: readonly Colour[] = [
  [128, 64, 128],
  [244, 35, 232],
  [70, 70, 70],
  [102, 102, 156],
  [190, 153, 153],
  [153, 153, 153],
  [250, 170, 30],
  [220, 220, 0],
  [107, 142, 35],
  [152, 251, 152],
  [70, 130, 180],
  [220, 20, 60],
  [255, 0, 0],
  [0, 0, 142],
  [0, 0, 70],
  [0, 60, 100],
  [0, 80, 100],
  [0, 0, 230],
  [119, 11, 32],
];

const cityscapesLabelIds = [
  7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33,
];

const voc =
  words(`background, aeroplane, bicycle, bird, boat, bottle, bus, car, cat, chair, cow, diningtable, dog,
horse, motorbike, person, pottedplant, sheep, sofa, train, tvmonitor`);

const camvid = words(
  'sky, building, pole, road, pavement, tree, sign_symbol, fence, car, pedestrian, bicyclist',
);

const camvidColours: readonly Colour[] = [
  [128, 128, 128],
  [128, 0, 0],
  [192, 192, 128],
  [128, 64, 128],
  [60, 40, 222],
  [128, 128, 0],
  [192, 128, 128],
  [64, 64, 128],
  [64, 0, 128],
  [64, 64, 0],
  [0, 128, 192],
];

const cocoStuff =
  words(`person, bicycle, car, motorcycle, airplane, bus, train, truck, boat, traffic light,
fire hydrant, stop sign, parking meter, bench, bird, cat, dog, horse, sheep, cow, elephant, bear, zebra, giraffe,
backpack, umbrella, handbag, tie, suitcase, frisbee, skis, snowboard, sports ball, kite, baseball bat,
baseball glove, skateboard, surfboard, tennis racket, bottle, wine glass, cup, fork, knife, spoon, bowl, banana,
apple, sandwich, orange, broccoli, carrot, hot dog, pizza, donut, cake, chair, couch, potted plant, bed,
dining table, toilet, tv, laptop, mouse, remote, keyboard, cell phone, microwave, oven, toaster, sink,
refrigerator, book, clock, vase, scissors, teddy bear, hair drier, toothbrush, banner, blanket, branch, bridge,
building-other, bush, cabinet, cage, cardboard, carpet, ceiling-other, ceiling-tile, cloth, clothes, clouds,
counter, cupboard, curtain, desk-stuff, dirt, door-stuff, fence, floor-marble, floor-other, floor-stone,
floor-tile, floor-wood, flower, fog, food-other, fruit, furniture-other, grass, gravel, ground-other, hill, house,
leaves, light, mat, metal, mirror-stuff, moss, mountain, mud, napkin, net, paper, pavement, pillow, plant-other,
plastic, platform, playingfield, railing, railroad, river, road, rock, roof, rug, salad, sand, sea, shelf,
sky-other, skyscraper, snow, solid-other, stairs, stone, straw, structural-other, table, tent, textile-other,
towel, tree, vegetable, wall-brick, wall-concrete, wall-other, wall-panel, wall-stone, wall-tile, wall-wood,
water-other, waterdrops, window-blind, window-other, wood`);

/** Numbers of COCO's things that no image shows, less one, as masks have them. */
const cocoAbsent = [11, 25, 28, 29, 44, 65, 67, 68, 70, 82, 90];

/** The classes of a data set. */
export function knownClasses(set: KnownSet): KnownClasses {
  switch (set) {
    case 'ade20k':
      return { title: 'ADE20K', names: ade20k, values: range(1, 150), ignored: [0] };
    case 'cityscapes':
      return { title: 'Cityscapes', names: cityscapes, ignored: [], colours: cityscapesColours };
    case 'cityscapes-label-ids':
      return {
        title: 'Cityscapes (labelIds)',
        names: cityscapes,
        values: cityscapesLabelIds,
        ignored: range(0, 33).filter((id) => !cityscapesLabelIds.includes(id)),
        colours: cityscapesColours,
      };
    case 'voc':
      return { title: 'Pascal VOC', names: voc, ignored: [] };
    case 'camvid':
      return { title: 'CamVid', names: camvid, ignored: [11], colours: camvidColours };
    case 'coco-stuff':
      return {
        title: 'COCO-Stuff',
        names: cocoStuff,
        values: range(0, 181).filter((value) => !cocoAbsent.includes(value)),
        ignored: cocoAbsent,
      };
  }
}

/** Colours that differ as far as they can: those of Pascal VOC, whose bits are the number's. */
export function colourOf(number: number): Colour {
  const levels: [number, number, number] = [0, 0, 0];
  for (let bits = number, shift = 7; bits > 0; bits >>= 3, shift--) {
    for (const channel of [0, 1, 2] as const) levels[channel] |= ((bits >> channel) & 1) << shift;
  }
  return levels;
}
