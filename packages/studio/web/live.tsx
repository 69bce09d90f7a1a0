/** Listens to the server's changes. Pages fetch again whatever they show of the change. */
import { type ComponentChildren, createContext, type JSX } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';
import type { LiveChange } from '../shared/protocol/live.js';

interface LiveState {
  /** The number of changes so far. */
  readonly revision: number;
  /** The number of changes of each run. */
  readonly runs: ReadonlyMap<string, number>;
  readonly isConnected: boolean;
}

const LiveContext = createContext<LiveState>({ revision: 0, runs: new Map(), isConnected: true });

export function LiveProvider({ children }: { readonly children: ComponentChildren }): JSX.Element {
  const [live, setLive] = useState<LiveState>({ revision: 0, runs: new Map(), isConnected: true });
  useEffect(() => {
    let source: EventSource | undefined;
    const lose = () => setLive((before) => ({ ...before, isConnected: false }));
    // Pages that nobody sees would use up the few connections that a browser has for one server.
    const follow = () => {
      source?.close();
      if (document.hidden) return lose();
      source = new EventSource('/api/live');
      source.onmessage = ({ data }) => {
        const { changed }: LiveChange = JSON.parse(data);
        setLive((before) => after(before, changed));
      };
      // It tries again by itself.
      source.onerror = lose;
    };
    follow();
    document.addEventListener('visibilitychange', follow);
    return () => {
      document.removeEventListener('visibilitychange', follow);
      source?.close();
    };
  }, []);
  return <LiveContext.Provider value={live}>{children}</LiveContext.Provider>;
}

function after({ revision, runs, isConnected }: LiveState, changed: readonly string[]): LiveState {
  // After a lost connection, anything may have changed.
  if (isConnected && changed.length === 0) return { revision, runs, isConnected };
  const ids = isConnected ? changed : [...runs.keys(), ...changed];
  const counted = ids.map((id): [string, number] => [id, (runs.get(id) ?? 0) + 1]);
  return { revision: revision + 1, runs: new Map([...runs, ...counted]), isConnected: true };
}

export function useLive(): LiveState {
  return useContext(LiveContext);
}

/** Grows whenever one of the runs changes. */
export function useRevision(ids: readonly string[]): number {
  const { runs } = useLive();
  return ids.reduce((sum, id) => sum + (runs.get(id) ?? 0), 0);
}
