/** A table with a row for each class, in their order or the worst first. */
import type { ComponentChildren, JSX } from 'preact';
import { useState } from 'preact/hooks';
import './class-table.css';

interface ClassTableProps<Class> {
  readonly classes: readonly Class[];
  /** Gives the score that puts the worst first; a class without one comes last. */
  readonly scoreOf: (item: Class) => number | null;
  /** The cells of the head. */
  readonly head: ComponentChildren;
  readonly row: (item: Class) => JSX.Element;
}

export function ClassTable<Class>(props: ClassTableProps<Class>): JSX.Element {
  const { classes, scoreOf, head, row } = props;
  const [isWorstFirst, setWorstFirst] = useState(false);
  const rankOf = (item: Class) => scoreOf(item) ?? Number.POSITIVE_INFINITY;
  const order = isWorstFirst ? classes.toSorted((a, b) => rankOf(a) - rankOf(b)) : classes;
  return (
    <>
      <div class="controls">
        <label>
          <input
            type="checkbox"
            checked={isWorstFirst}
            onChange={(event) => setWorstFirst(event.currentTarget.checked)}
          />{' '}
          Worst first
        </label>
      </div>
      <div class="scroll-x">
        <table class="class-scores">
          <thead>
            <tr>{head}</tr>
          </thead>
          <tbody>{order.map(row)}</tbody>
        </table>
      </div>
    </>
  );
}
