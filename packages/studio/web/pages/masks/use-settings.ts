import { useEffect, useRef, useState } from 'preact/hooks';
import { fitted, type MaskSettings } from '../../masks/settings.js';
import { readSettings, writeSettings } from '../../masks/settings-address.js';

/** Where settings are kept: the query of an address, or what is after its `#`. */
export interface SettingsAddress {
  readonly query: URLSearchParams;
  readonly onQuery: (query: string) => void;
}

/** Browsers refuse an address that changes with every step of a slider. */
const restMs = 250;

/** Settings from the address, kept there as they change, and read again when the user goes elsewhere in it. */
export function useSettings({ query, onQuery }: SettingsAddress) {
  const [{ settings, problem }, setRead] = useState(() => readSettings(query));
  const known = useRef(query.toString());
  const address = query.toString();
  useEffect(() => {
    if (address === known.current) return;
    known.current = address;
    setRead(readSettings(new URLSearchParams(address)));
  }, [address]);
  useEffect(() => {
    const timer = setTimeout(() => {
      const written = writeSettings(settings);
      if (written === known.current) return;
      known.current = written;
      onQuery(written);
    }, restMs);
    return () => clearTimeout(timer);
  }, [settings, onQuery]);
  const change = (changed: Partial<MaskSettings>) =>
    setRead((before) => ({
      settings: fitted({ ...before.settings, ...changed }),
      problem: undefined,
    }));
  const reject = (sentence: string) => setRead((before) => ({ ...before, problem: sentence }));
  return { settings, problem, change, reject };
}
