/** The machines of several processes, as `environment.json` lists them, read with distrust. */

/** A machine of a process. */
export interface Machine {
  readonly host: string | null;
  readonly device: string | null;
}

/** @returns nothing for an environment that does not list them */
export function machinesIn(environment: object): Machine[] {
  const listed = 'processes' in environment ? environment.processes : undefined;
  if (!Array.isArray(listed)) return [];
  return listed.map((entry: unknown) => ({
    host: textIn(entry, 'host'),
    device: textIn(entry, 'device'),
  }));
}

function textIn(entry: unknown, name: string): string | null {
  if (typeof entry !== 'object' || entry === null) return null;
  const value: unknown = Object.getOwnPropertyDescriptor(entry, name)?.value;
  return typeof value === 'string' ? value : null;
}
