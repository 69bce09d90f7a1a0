/** Addresses of the page: paths and queries, without a reload in between. */
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';

/** A page: one folder of `pages/`, one entry in `pages/index.ts`. */
export interface Page {
  /** `/`, `/masks`, `/runs/:id`; `:name` stands for one part. */
  readonly path: string;
  readonly title: string;
  /** Whether the navigation leads to it. */
  readonly isListed: boolean;
  readonly view: ComponentType<PageProps>;
}

export interface PageProps {
  /** The parts of the path that `:name` stands for. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
}

/** The current address of the page. */
export interface Place {
  readonly path: string;
  readonly query: URLSearchParams;
}

/** @returns the parameters of a page's path in an address; undefined where they do not match */
export function matchPath(pattern: string, path: string): Record<string, string> | undefined {
  const [expected, parts] = [pattern, path].map((text) => text.split('/').filter(Boolean));
  if (!expected || !parts || expected.length !== parts.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [i, name] of expected.entries()) {
    const part = parts[i] ?? '';
    if (name.startsWith(':')) parameters[name.slice(1)] = part;
    else if (name !== part) return undefined;
  }
  return parameters;
}

const moved = 'um-mae-moved';

/** Goes to an address of the page. `replace` leaves no step back to where the user was. */
export function goTo(address: string, { replace = false } = {}): void {
  if (replace) history.replaceState(null, '', address);
  else history.pushState(null, '', address);
  dispatchEvent(new Event(moved));
}

/** Returns the current address, and follows its changes. */
export function usePlace(): Place {
  const [place, setPlace] = useState(currentPlace);
  useEffect(() => {
    const update = () => setPlace(currentPlace());
    for (const event of [moved, 'popstate']) addEventListener(event, update);
    return () => {
      for (const event of [moved, 'popstate']) removeEventListener(event, update);
    };
  }, []);
  return place;
}

function currentPlace(): Place {
  return { path: location.pathname, query: new URLSearchParams(location.search) };
}

/** Lets plain clicks on links to our own pages change the address without a reload. */
export function followLinks(root: HTMLElement): void {
  root.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (!link || link.origin !== location.origin || link.target || link.hasAttribute('download'))
      return;
    if (link.pathname.startsWith('/api/')) return;
    event.preventDefault();
    goTo(link.pathname + link.search);
  });
}
