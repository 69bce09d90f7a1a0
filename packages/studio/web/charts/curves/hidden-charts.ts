/** The charts that the user has put away, in all runs until shown again. */
import { useState } from 'preact/hooks';

const key = 'um-mae-hidden-charts';

interface HiddenCharts {
  /** Their titles. */
  readonly hidden: readonly string[];
  readonly hide: (title: string) => void;
  readonly showAll: () => void;
}

export function useHiddenCharts(): HiddenCharts {
  const [hidden, setHidden] = useState(storedTitles);
  const keep = (titles: readonly string[]) => {
    localStorage.setItem(key, titles.join('\n'));
    setHidden(titles);
  };
  return { hidden, hide: (title) => keep([...hidden, title]), showAll: () => keep([]) };
}

function storedTitles(): readonly string[] {
  return (localStorage.getItem(key) ?? '').split('\n').filter(Boolean);
}
