/**
 * A folder of numbers that the published implementation computed: `case.json` and tensors beside
 * it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Tensor } from '@um-mae/torch';
import { readSafetensors } from '@um-mae/torch/serialization';
import { z } from 'zod';
import { UmMaeError } from '../errors.js';
import type { ClassifierOptions } from '../heads/classifier.js';
import type { MethodOptions } from '../objectives/build.js';
import { detectionCase } from './detection/names.js';
import { partKind } from './part-kind.js';
import { publishedClassifier, publishedClassifiers } from './published/published-classifiers.js';
import { publishedModels } from './published/published-models.js';
import { isSegmentationCase } from './segmentation/segmentation-case.js';

/** The fields that all kinds of cases share. */
export interface Case {
  readonly folder: string;
  /** The device to compute the case on, such as `cuda:0`. */
  readonly device: string;
  /** All of `case.json`, for the schema of the kind of case. */
  readonly json: unknown;
}

/** A case of pre-training. */
export interface Fixture extends Case {
  readonly model: MethodOptions;
}

/** A case of fine-tuning. */
export interface ClassifierFixture extends Case {
  readonly classifier: ClassifierOptions;
}

const caseFile = z.object({ reference_class: z.string(), constructor: z.unknown() });

/**
 * Tells whether the folder holds a case that can be run.
 */
export function isParityCase(folder: string): boolean {
  const json = readCase(join(folder, 'case.json'));
  const isOfParts = partKind(json) !== undefined || isSegmentationCase(json);
  return isOfParts || detectionCase(json) !== undefined || caseFile.safeParse(json).success;
}

/** @throws UmMaeError when the folder holds no case, or one of another model */
export function readFixture(folder: string, device = 'cpu'): Fixture | ClassifierFixture | Case {
  const json = readCase(join(folder, 'case.json'));
  if (partKind(json) !== undefined || isSegmentationCase(json) || detectionCase(json)) {
    return { folder, device, json };
  }
  const parsed = caseFile.safeParse(json);
  const found = parsed.success ? parsed.data.reference_class.split(' ')[0] : undefined;
  const given = parsed.success ? parsed.data.constructor : undefined;
  const model = publishedModels.find(({ name }) => name === found);
  if (model) return { folder, device, json, model: model.options(given) };
  const classifier = publishedClassifier(found ?? '', given);
  if (classifier) return { folder, device, json, classifier };
  const names = [...publishedModels.map(({ name }) => name), ...publishedClassifiers].join(', ');
  throw new UmMaeError(
    'parity',
    `Expected a case of ${names} in ${folder} but got ${found ?? 'another file'}.`,
  );
}

function readCase(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new UmMaeError('parity', `Expected a parity case in ${path} but could not read it.`, {
      cause,
    });
  }
}

/** The tensors of one file of a case, by name, on the device of the case. */
export function readTensors(fixture: Case, file: string): ReadonlyMap<string, Tensor> {
  const { tensors } = readSafetensors(join(fixture.folder, file));
  return new Map([...tensors].map(([name, tensor]) => [name, tensor.to(fixture.device)]));
}

/** A tensor that the case must have. @throws UmMaeError when it does not */
export function required(tensors: ReadonlyMap<string, Tensor>, name: string): Tensor {
  const tensor = tensors.get(name);
  if (!tensor) {
    throw new UmMaeError('parity', `Expected a tensor \`${name}\` but the case has none.`);
  }
  return tensor;
}
