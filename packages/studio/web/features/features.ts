/** Features of images as the page has them. */
import { useEffect, useState } from 'preact/hooks';
import type { FeatureFile, FeatureMap } from '../../shared/protocol/features.js';
import { fetchJson, ServerError } from '../server-data.js';

export interface Features extends FeatureMap {
  /** The address of the file, under which everything lies that belongs to it. */
  readonly address: string;
  readonly version: string;
  /** f32 [images, components], that of the largest variance first. */
  readonly values: Float32Array;
}

export interface FetchedFeatures {
  readonly features?: Features;
  readonly failure?: string;
}

/** The features of a file; those before stay until others have come. */
export function useFeatures(run: string, { name, version }: FeatureFile): FetchedFeatures {
  const [fetched, setFetched] = useState<FetchedFeatures>({});
  const address = `/api/runs/${run}/features/${encodeURIComponent(name)}`;
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    Promise.all([fetchJson<FeatureMap>(address, signal), fetchNumbers(address, signal)]).then(
      ([map, values]) => setFetched({ features: { ...map, address, version, values } }),
      (error: Error) => {
        if (!signal.aborted) setFetched({ failure: error.message });
      },
    );
    return () => controller.abort();
  }, [address, version]);
  return fetched;
}

async function fetchNumbers(address: string, signal: AbortSignal): Promise<Float32Array> {
  const response = await fetch(`${address}/components`, { signal });
  if (!response.ok) throw new ServerError(await response.text());
  return new Float32Array(await response.arrayBuffer());
}

/** Returns the address of the small picture of an image. */
export function pictureOf({ address, version }: Features, image: number): string {
  return `${address}/pictures/${image}?v=${encodeURIComponent(version)}`;
}

/** Returns the last folder and the name of an image; a tooltip can show the whole path. */
export function shortName({ paths }: Features, image: number): string {
  return (paths[image] ?? '').split('/').slice(-2).join('/');
}

/** Returns the images whose path or class has a text in it, in any case; none for no text. */
export function foundIn(features: Features, text: string): number[] {
  const wanted = text.trim().toLowerCase();
  if (wanted === '') return [];
  return features.paths.flatMap((path, image) => {
    const name = className(features, image) ?? '';
    return `${path}\n${name}`.toLowerCase().includes(wanted) ? [image] : [];
  });
}

/** Returns the class of an image, or undefined if it has none. */
export function className({ labels, classes }: Features, image: number): string | undefined {
  const label = labels[image];
  if (label === null || label === undefined) return undefined;
  return classes[label] ?? `class ${label}`;
}

/** Returns the class of an image, or its file name if it has none. */
export function titleOf(features: Features, image: number): string {
  const name = (features.paths[image] ?? '').split('/').at(-1) ?? '';
  return className(features, image) ?? name;
}
