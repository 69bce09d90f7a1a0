import { describe, expect, test } from 'vitest';
import { OperatorError, OutOfMemoryError, TorchError } from '../addon/errors.js';
import { Generator } from '../device/random.js';
import { _foreachAdd, cat, empty, ones, rand, zeros } from '../generated/operators.js';
import { callOperator } from './operator.js';
import { type Tensor, tensor } from './tensor.js';

function thrownBy(body: () => unknown): unknown {
  try {
    return body();
  } catch (error) {
    return error;
  }
}

describe('OperatorError', () => {
  test('tells the operator, its operands and the reason, without a stack of C++', () => {
    const error = thrownBy(() => ones([2, 3]).matmul(ones([4, 5], { dtype: 'f32' })));
    expect(error).toBeInstanceOf(OperatorError);
    if (!(error instanceof OperatorError)) return;
    expect(error.code).toBe('operator');
    expect(error.operator).toBe('aten::matmul');
    expect(error.operands).toBe('self: f32[2, 3], other: f32[4, 5]');
    expect((error.cause as Error).message).toBe(
      'mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)',
    );
    expect(error.message).toBe(
      `aten::matmul(${error.operands}) failed: ${(error.cause as Error).message}`,
    );
  });

  test('never prints elements, and long lists only in part', () => {
    const places = zeros([1000], { dtype: 'i64' }).add(7);
    const error = thrownBy(() => zeros([2, 3]).at(':', places));
    expect((error as OperatorError).operands).toBe('self: f32[2, 3], indices: [None, i64[1000]]');
    const many = Array.from({ length: 100 }, (_, i) => zeros([i + 1, 2]));
    const { operands } = thrownBy(() => cat(many, { dim: 1 })) as OperatorError;
    expect(operands).toMatch(/^tensors: \[f32\[1, 2\], .*, f32\[8, 2\], \.\.\.\], dim: 1$/);
  });

  test('names an argument of the wrong kind', () => {
    const wrong = 'x' as unknown as number;
    expect(() => zeros([2]).select(wrong, 0)).toThrow('expected a number for `dim`');
    expect(() => zeros([2]).softmax(undefined as unknown as number)).toThrow(
      'expected a value for `dim`',
    );
    expect(() => cat(zeros([1]) as unknown as Tensor[])).toThrow(TypeError);
  });

  test('says that an operand was disposed', () => {
    const gone = zeros([1]);
    gone.dispose();
    expect(() => zeros([1]).add(gone)).toThrow(/disposed/);
    expect(() => cat([gone])).toThrow(/disposed/);
    expect(() => zeros([1]).index([gone])).toThrow(/disposed/);
    expect(() => callOperator('aten::linear', zeros([1, 1]), zeros([1, 1]), gone)).toThrow(
      /disposed/,
    );
  });

  test('survives a full JavaScript stack', () => {
    let tries = 0;
    const deep = (): unknown => {
      try {
        return deep();
      } finally {
        if (tries++ < 50) thrownBy(() => zeros([2]).matmul(zeros([3])));
      }
    };
    expect(deep).toThrow();
    expect(() => zeros([2]).matmul(zeros([3]))).toThrow(OperatorError);
  });
});

describe('OutOfMemoryError', () => {
  test('is thrown for a tensor larger than the memory', () => {
    expect(() => empty([2 ** 46])).toThrow(OutOfMemoryError);
  });
});

describe('operators', () => {
  test('take lists, one number for a list, and lists with holes', () => {
    expect(_foreachAdd([tensor(1)], [tensor(2)]).map((sum) => sum.number())).toEqual([3]);
    expect(ones([2, 2]).sum(0).shape).toEqual([2]);
    expect(zeros([2, 3]).index([null, tensor([0], { dtype: 'i64' })]).shape).toEqual([2, 1]);
  });

  test('take undefined and null for a default', () => {
    expect(ones([2, 2]).sum(undefined).number()).toBe(4);
    expect(ones([2]).clamp({ min: null, max: 0 }).toArray()).toEqual(Float32Array.of(0, 0));
  });
});

describe('callOperator', () => {
  test('reaches operators without a typed function', () => {
    const result = callOperator('aten::cumprod', tensor([1, 2, 3]), 0) as Tensor;
    expect([...result.toArray()]).toEqual([1, 2, 6]);
  });

  test('gives tensors, numbers and lists as they are', () => {
    const [values, indices] = callOperator('aten::cummax', tensor([1, 3, 2]), 0) as Tensor[];
    expect(values?.dtype).toBe('f32');
    expect(indices?.dtype).toBe('i64');
    expect(callOperator('aten::size.int', zeros([2, 3]), 1)).toBe(3);
    expect(callOperator('aten::is_floating_point', zeros([1]))).toBe(true);
    const halves = callOperator('aten::hsplit.int', zeros([4]), 2) as Tensor[];
    expect(halves.map(({ shape }) => [...shape])).toEqual([[2], [2]]);
  });

  test('takes generators and lists of tensors', () => {
    const drawn = () =>
      callOperator('aten::bernoulli', rand([8], { generator: new Generator(1) }), new Generator(0));
    expect((drawn() as Tensor).equal(drawn() as Tensor)).toBe(true);
    const joined = callOperator('aten::hstack', [zeros([1]), zeros([2])]) as Tensor;
    expect(joined.shape).toEqual([3]);
  });

  test('returns nothing from operators in place', () => {
    const made = tensor([4]);
    expect(callOperator('aten::rsqrt_', made)).toBeUndefined();
    expect(made.number()).toBe(0.5);
  });

  test('refuses what libtorch does not have', () => {
    expect(() => callOperator('aten::nonesuch')).toThrow(TorchError);
    expect(() => callOperator('aten::nonesuch')).toThrow('libtorch has no operator aten::nonesuch');
    expect(() => callOperator('aten::relu', zeros([1]), 2)).toThrow(/at most 1 argument/);
  });
});
