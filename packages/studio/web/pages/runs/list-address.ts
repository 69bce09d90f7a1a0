/** The choices for the list, as the address keeps them. */
import { goTo } from '../../routing.js';
import type { Filter, Order } from './run-order.js';

/** The choices of the user for the list. */
export interface ListChoices {
  readonly search: string;
  readonly order: Order;
  readonly filters: readonly Filter[];
  /** Whether runs of other seeds are one. */
  readonly isGrouped: boolean;
  /** Keys of columns; undefined for the usual ones. */
  readonly columns: readonly string[] | undefined;
}

/** Reads the choices from the address. Default: every run, the newest first. */
export function choicesIn(query: URLSearchParams): ListChoices {
  const sort = query.get('sort');
  const columns = query.get('columns');
  return {
    search: query.get('search') ?? '',
    order:
      sort === null
        ? { key: 'updatedMs', isDescending: true }
        : { key: sort, isDescending: query.get('down') === '1' },
    filters: query.getAll('where').flatMap((text) => {
      const [path, ...value] = text.split('=');
      return path === undefined || value.length === 0 ? [] : [{ path, value: value.join('=') }];
    }),
    isGrouped: query.get('group') === '1',
    columns: columns === null ? undefined : columns.split(','),
  };
}

/** Changes some of the choices. */
export function choose(query: URLSearchParams, changes: Partial<ListChoices>): void {
  const next = new URLSearchParams(query);
  const set = (name: string, value: string) =>
    value === '' ? next.delete(name) : next.set(name, value);
  const { search, order, filters, isGrouped } = changes;
  if (search !== undefined) set('search', search);
  if (order) {
    set('sort', order.key);
    set('down', order.isDescending ? '1' : '');
  }
  if (isGrouped !== undefined) set('group', isGrouped ? '1' : '');
  if ('columns' in changes) set('columns', changes.columns?.join(',') ?? '');
  if (filters) {
    next.delete('where');
    for (const { path, value } of filters) next.append('where', `${path}=${value}`);
  }
  goTo(`/?${next}`, { replace: true });
}
