/** The inner values of UPerNet and the auxiliary head, by the names that cases give it. */
import { Tensor } from '@um-mae/torch';
import { at } from '../../../at.js';
import { MapPyramid } from '../../../heads/segmentation/map-pyramid.js';
import { inputOf, type ObservedCalls, outputsOf } from '../../observed-calls.js';

/** Modules whose output has a name, and what stands for the number in it. */
const outputs: readonly (readonly [name: RegExp, path: string])[] = [
  [/^decode\.lateral\.(\d)$/, 'decode_head.lateral_convs.$'],
  [/^decode\.pool\.(\d)$/, 'decode_head.psp_modules.$.0'],
  [/^decode\.pool_conv\.(\d)$/, 'decode_head.psp_modules.$.1'],
  [/^decode\.psp$/, 'decode_head.bottleneck'],
  [/^decode\.fpn\.(\d)$/, 'decode_head.fpn_convs.$'],
  [/^decode\.fused$/, 'decode_head.fpn_bottleneck'],
  [/^decode\.logits$/, 'decode_head.conv_seg'],
  [/^aux\.conv$/, 'auxiliary_head.convs.0'],
  [/^aux\.logits$/, 'auxiliary_head.conv_seg'],
];

/** @returns nothing for a name of something else */
export function headValue(calls: ObservedCalls, name: string): Tensor | undefined {
  const [, level] = /^decode\.top_down\.(\d)$/.exec(name) ?? [];
  if (level !== undefined) return inputOf(calls, `decode_head.fpn_convs.${level}`);
  const [, map] = /^feature\.(\d)$/.exec(name) ?? [];
  if (map !== undefined) return mapOf(calls, Number(map));
  for (const [pattern, path] of outputs) {
    const found = pattern.exec(name);
    if (found) return at(outputsOf(calls, path.replace('$', found[1] ?? '')), -1);
  }
  return undefined;
}

/** A map that the heads were given. */
function mapOf(calls: ObservedCalls, i: number): Tensor | undefined {
  const call = calls.get('')?.findLast(({ module }) => module instanceof MapPyramid);
  const maps: unknown[] = Array.isArray(call?.output) ? call.output : [];
  const map = maps[i];
  return map instanceof Tensor ? map : undefined;
}
