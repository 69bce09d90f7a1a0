import { describe, expect, test } from 'vitest';
import { parseSchema } from './parse.js';

describe('parseSchema', () => {
  test('reads names, defaults and what is keyword-only', () => {
    const schema = parseSchema(
      'aten::add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor',
    );
    expect(schema.fullName).toBe('aten::add.Tensor');
    expect(schema.name).toBe('add');
    expect(
      schema.arguments.map(({ name, type, hasDefault, keywordOnly }) => [
        name,
        type,
        hasDefault,
        keywordOnly,
      ]),
    ).toEqual([
      ['self', 'Tensor', false, false],
      ['other', 'Tensor', false, false],
      ['alpha', 'Scalar', true, true],
    ]);
  });

  test('reads alias marks, optional types, lists and lists with holes', () => {
    const { arguments: parsed, returns } = parseSchema(
      'aten::f(Tensor(a!) self, Tensor?[] indices, int[2] stride=[1, 1], SymInt? end=None, int[1]? dim=None) -> Tensor(a!)',
    );
    expect(parsed).toMatchObject([
      { type: 'Tensor', written: true, list: false, optional: false },
      { type: 'Tensor', list: true, sparse: true, optional: false },
      { type: 'int', list: true, repeats: true, hasDefault: true },
      { type: 'int', optional: true, list: false },
      { type: 'int', optional: true, list: true, repeats: true },
    ]);
    expect(returns).toMatchObject([{ type: 'Tensor', written: true }]);
  });

  test('reads several results, lists of tensors, and none', () => {
    const sorted = parseSchema('aten::sort(Tensor self) -> (Tensor values, Tensor indices)');
    expect(sorted.returns.map(({ name }) => name)).toEqual(['values', 'indices']);
    const split = parseSchema(
      'aten::split.Tensor(Tensor(a -> *) self, int split_size) -> Tensor(a)[]',
    );
    expect(split.arguments.map(({ name, type }) => [name, type])).toEqual([
      ['self', 'Tensor'],
      ['split_size', 'int'],
    ]);
    expect(split.returns).toMatchObject([{ type: 'Tensor', list: true }]);
    expect(parseSchema('aten::set_data(Tensor(a!) self, Tensor new_data) -> ()').returns).toEqual(
      [],
    );
  });

  test('refuses other text', () => {
    expect(() => parseSchema('add(Tensor)')).toThrow(SyntaxError);
  });
});
