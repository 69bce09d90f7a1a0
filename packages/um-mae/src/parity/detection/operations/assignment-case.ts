/** Assignment of anchors to objects: ATSS, by the largest overlap, and torchvision's. */
import { z } from 'zod';
import { assignAtss } from '../../../detection/assignment/atss.js';
import { assignMaxOverlap } from '../../../detection/assignment/max-overlap.js';
import { matchPlainly } from '../../../detection/assignment/plain-matcher.js';
import type { Comparison } from '../../comparison.js';
import type { Case } from '../../fixture.js';
import { type Numbers, openNumbers } from '../numbers.js';

const rule = z.object({
  pos_iou_thr: z.number(),
  neg_iou_thr: z.number(),
  min_pos_iou: z.number(),
  match_low_quality: z.boolean().default(true),
  ignore_iof_thr: z.number().default(-1),
});

const assignmentCase = z.object({
  anchors_per_level: z.array(z.number()),
  info: z.record(z.string(), z.union([z.number(), rule])),
});

export function runAssignmentCase(fixture: Case): Comparison[] {
  const { anchors_per_level: levels, info } = assignmentCase.parse(fixture.json);
  const numbers = openNumbers(fixture);
  const anchors = numbers.get('anchors');
  const scenes = ['many', 'one', 'crowded', 'none', 'tiny', 'duplicate'].flatMap((scene) =>
    [9, 3].flatMap((candidates) => {
      const objects = numbers.get(`${scene}.boxes.in`);
      const found = assignAtss(anchors, objects, { levels, candidates });
      const name = `${scene}.atss_top${candidates}`;
      return [
        numbers.compare(`${name}.assigned`, found.assigned),
        numbers.compare(`${name}.overlap`, found.overlaps),
      ];
    }),
  );
  const rules = Object.entries(info).flatMap(([name, given]) =>
    typeof given === 'number' ? [] : compareRule(numbers, name, given),
  );
  return [...scenes, ...rules, ...compareMatcher(numbers)];
}

function compareRule(numbers: Numbers, name: string, given: z.infer<typeof rule>): Comparison[] {
  const ignores = given.ignore_iof_thr > 0;
  const found = assignMaxOverlap(
    numbers.get('max_iou.anchors.in'),
    numbers.get('max_iou.boxes.in'),
    {
      positive: given.pos_iou_thr,
      negative: given.neg_iou_thr,
      leastOfBest: given.match_low_quality ? given.min_pos_iou : undefined,
      ignored: ignores ? numbers.get('max_iou.ignored.in') : undefined,
      ignoredShare: given.ignore_iof_thr,
    },
  );
  return [
    numbers.compare(`${name}.assigned`, found.assigned),
    numbers.compare(`${name}.overlap`, found.overlaps),
  ];
}

function compareMatcher(numbers: Numbers): Comparison[] {
  const [anchors, objects] = [numbers.get('max_iou.anchors.in'), numbers.get('max_iou.boxes.in')];
  const rpn = { positive: 0.7, negative: 0.3, keepsBest: true };
  const head = { positive: 0.5, negative: 0.5, keepsBest: false };
  return [
    numbers.compare('matcher_torchvision.rpn', matchPlainly(anchors, objects, rpn)),
    numbers.compare('matcher_torchvision.head', matchPlainly(anchors, objects, head)),
  ];
}
