/** Fetches JSON from the server. */
import { useEffect, useState } from 'preact/hooks';

/** Nothing yet, a value, or why there is none. */
export interface FetchResult<Value> {
  readonly value?: Value;
  readonly failure?: string;
}

/**
 * @param address of JSON; nothing is fetched without one
 * @param revision fetches again whenever it changes; the value stays meanwhile
 */
export function useJson<Value>(address: string | undefined, revision = 0): FetchResult<Value> {
  const [fetched, setFetched] = useState<FetchResult<Value>>({});
  useEffect(() => {
    if (address === undefined) return;
    const controller = new AbortController();
    fetchJson<Value>(address, controller.signal).then(
      (value) => setFetched({ value }),
      (error: Error) => {
        if (controller.signal.aborted) return;
        setFetched((earlier) => ({ ...earlier, failure: error.message }));
      },
    );
    return () => controller.abort();
  }, [address, revision]);
  return fetched;
}

/** @throws ServerError with the sentence of the server */
export async function fetchJson<Value>(address: string, signal: AbortSignal): Promise<Value> {
  const response = await fetch(address, { signal });
  if (!response.ok) throw new ServerError(await response.text());
  return response.json();
}

/** The server's sentence about what went wrong. */
export class ServerError extends Error {
  override readonly name = 'ServerError';
}
