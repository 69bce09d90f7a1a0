import { useEffect, useRef, useState } from 'preact/hooks';
import { fitted, type MaskSettings } from '../../../masks/settings.js';
import { readSettings, writeSettings } from '../../../masks/settings-address.js';

/** The place of the settings: the query of an address, or the part after its `#`. */
export interface SettingsAddress {
  readonly query: URLSearchParams;
  readonly onQuery: (query: string) => void;
}

/** Browsers refuse an address that changes with every step of a slider. */
const restMs = 250;

/**
 * Settings from the address, kept there as they change, and read again when the user goes elsewhere
 * in it.
 *
 * @param onProblem called with a sentence about an invalid value, or with undefined once all are
 *   valid
 */
export function useSettings(
  { query, onQuery }: SettingsAddress,
  onProblem: (problem: string | undefined) => void,
) {
  const [settings, setSettings] = useState(() => readSettings(query).settings);
  const known = useRef<string | undefined>(undefined);
  const address = query.toString();
  useEffect(() => {
    if (address === known.current) return;
    known.current = address;
    const read = readSettings(new URLSearchParams(address));
    setSettings(read.settings);
    onProblem(read.problem);
  }, [address, onProblem]);
  useEffect(() => {
    const timer = setTimeout(() => {
      const written = writeSettings(settings);
      if (written === known.current) return;
      known.current = written;
      onQuery(written);
    }, restMs);
    return () => clearTimeout(timer);
  }, [settings, onQuery]);
  const change = (changed: Partial<MaskSettings>) => {
    setSettings((before) => fitted({ ...before, ...changed }));
    onProblem(undefined);
  };
  return { settings, change };
}
