import { describe, expect, test } from 'vitest';
import { camelCase, emitFunctions, emitMethods, emitNames } from './emit.js';
import { parseSchema } from './parse.js';

/** The code for schemas that share a public name, after the imports. */
function emit(form: 'method' | 'function', ...texts: string[]): string {
  const group = texts.map(parseSchema);
  const indices = new Map(group.map(({ fullName }, i) => [fullName, i]));
  const code = form === 'method' ? emitMethods([group], indices) : emitFunctions([group], indices);
  return code.slice(code.indexOf('/** `aten')).trim();
}

describe('emitFunctions', () => {
  test('puts what has a default in one options object, and what is required before it', () => {
    const text = 'aten::cat(Tensor[] tensors, int dim=0) -> Tensor';
    expect(emit('function', text)).toBe(`/** \`${text}\` */
export function cat(tensors: readonly Tensor[], options?: { dim?: number | undefined }): Tensor {
  return wrap(call(0, handlesOf(tensors), options?.dim));
}`);
  });

  test('leaves out arguments that the policy drops, but keeps their places', () => {
    const code = emit(
      'function',
      'aten::zeros(SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor',
    );
    expect(code).not.toContain('layout?');
    expect(code).toContain('call(0, size, dtypeCode(options?.dtype), undefined, options?.device)');
  });

  test('gives several results as a named tuple, and none as void', () => {
    expect(emit('function', 'aten::f(Tensor input) -> (Tensor values, Tensor indices)')).toContain(
      '): [values: Tensor, indices: Tensor] {\n  return wrapAll(call(0, input.handle)) as [',
    );
    expect(emit('function', 'aten::f(Tensor[] tensors) -> ()')).toContain(
      '): void {\n  return void call(0, handlesOf(tensors));',
    );
  });
});

describe('emitMethods', () => {
  test('returns the tensor itself from operators in place', () => {
    expect(emit('method', 'aten::relu_(Tensor(a!) self) -> Tensor(a!)')).toContain(
      'relu_(): this {\n    return (call(0, this.handle), this);',
    );
  });

  test('chooses between a tensor and a number at run time', () => {
    const code = emit(
      'method',
      'aten::mul.Tensor(Tensor self, Tensor other) -> Tensor',
      'aten::mul.Scalar(Tensor self, Scalar other) -> Tensor',
    );
    expect(code).toContain('mul(other: Tensor): Tensor;');
    expect(code).toContain('mul(other: Scalar): Tensor;');
    expect(code).toContain('isTensor(other)\n      ? wrap(call(0, this.handle, other.handle))');
  });

  test('refuses overloads that it could not tell apart', () => {
    expect(() =>
      emit(
        'method',
        'aten::f.a(Tensor self, int x) -> Tensor',
        'aten::f.b(Tensor self, int y) -> Tensor',
      ),
    ).toThrow(RangeError);
  });
});

describe('emitNames', () => {
  test('lists operators by index', () => {
    expect(emitNames(['aten::a', 'aten::b.c'])).toContain("[\n  'aten::a',\n  'aten::b.c',\n]");
  });
});

describe('camelCase', () => {
  test.each([
    ['index_put_', 'indexPut_'],
    ['_foreach_add_', '_foreachAdd_'],
    ['avg_pool2d', 'avgPool2d'],
    ['dim0', 'dim0'],
  ])('%s -> %s', (name, expected) => {
    expect(camelCase(name)).toBe(expected);
  });
});
