/**
 * Images of a file of features: where they lie, what they are like, and what an image of the user's
 * is like.
 */
import type { JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { SimilarImages } from '../../shared/protocol/features.js';
import { classColours } from '../charts/plot/palette.js';
import { counted } from '../format.js';
import { useJson } from '../server-data.js';
import { useTheme } from '../use-theme.js';
import { type Features, foundIn, pictureOf, shortName, titleOf } from './features.js';
import { type Layout, type LayoutResult, layouts, mostPlaced, useLayout } from './layout.js';
import { Neighbours } from './neighbours.js';
import { OwnImage } from './own-image.js';
import { Scatter } from './scatter.js';
import './features.css';

interface FeaturesViewProps {
  readonly run: string;
  readonly features: Features;
}

export function FeaturesView({ run, features }: FeaturesViewProps): JSX.Element {
  const [layout, setLayout] = useState<Layout>('PCA');
  const [chosen, setChosen] = useState<number>();
  const [highlighted, setHighlighted] = useState<number>();
  const layoutResult = useLayout(features, layout);
  useEffect(() => setChosen(undefined), [features]);
  const similar = useSimilar(features, chosen);
  const [search, setSearch] = useState('');
  const found = useMemo(() => foundIn(features, search), [features, search]);
  const marked = search === '' ? similar.map(({ image }) => image) : found;
  return (
    <>
      <div class="controls">
        <fieldset class="choices">
          <legend>Layout</legend>
          {layouts.map((name) => (
            <label key={name}>
              <input
                type="radio"
                name="layout"
                checked={name === layout}
                onChange={() => setLayout(name)}
              />{' '}
              {name}
            </label>
          ))}
        </fieldset>
        <input
          type="search"
          placeholder="Find images by name"
          aria-label="Find images by name"
          value={search}
          onInput={({ currentTarget }) => setSearch(currentTarget.value)}
          onKeyDown={({ key }) => {
            const [first] = found;
            if (key === 'Enter' && first !== undefined) setChosen(first);
          }}
        />
        <span class="quiet-text" role="status">
          {search === ''
            ? describe(features, layout, layoutResult)
            : `${counted(found.length, 'image')} ringed; Enter chooses the first.`}
        </span>
      </div>
      <Collapse features={features} />
      <div class="features">
        {layoutResult.placed ? (
          <Scatter
            placed={layoutResult.placed}
            marked={marked}
            onChoose={setChosen}
            features={features}
            chosen={chosen}
            highlighted={highlighted}
          />
        ) : (
          <div class="scatter scatter-empty">
            <progress max={1} value={layoutResult.share ?? 0} />
          </div>
        )}
        <aside>
          <Legend features={features} highlighted={highlighted} onHighlight={setHighlighted} />
          <h2>{chosen === undefined ? 'Chosen image' : titleOf(features, chosen)}</h2>
          {chosen === undefined ? (
            <p class="quiet-text">Choose a point to see the image and those most like it.</p>
          ) : (
            <>
              <p class="chosen">
                <img src={pictureOf(features, chosen)} alt="" width={96} height={96} />
                <span class="quiet-text" title={features.paths[chosen]}>
                  {shortName(features, chosen)}
                </span>
              </p>
              <Neighbours features={features} similar={similar} onChoose={setChosen} />
            </>
          )}
        </aside>
      </div>
      <OwnImage run={run} features={features} onChoose={setChosen} />
    </>
  );
}

/** The share of the variance in two components from which on little else is left. */
const collapsedShare = 0.9;
/** Few images lie in a plane whatever their features. */
const enoughImages = 20;

/** A warning where features hardly differ but along two directions. */
function Collapse({ features }: { readonly features: Features }): JSX.Element | null {
  const { explained, paths, channels } = features;
  const share = shareOfTwo(explained);
  if (share < collapsedShare || paths.length < enoughImages || channels < 4) return null;
  return (
    <p class="notice">
      Two components have {Math.round(100 * share)} % of the variance: the features have nearly
      collapsed, and tell images apart by little else. Train longer, or with other settings, before
      you rely on them.
    </p>
  );
}

function shareOfTwo(explained: readonly number[]): number {
  return explained.slice(0, 2).reduce((sum, share) => sum + share, 0);
}

function useSimilar({ address, version }: Features, chosen: number | undefined) {
  const query = `?v=${encodeURIComponent(version)}`;
  const { value } = useJson<SimilarImages>(
    chosen === undefined ? undefined : `${address}/similar/${chosen}${query}`,
  );
  return chosen === undefined ? [] : (value?.similar ?? []);
}

function describe(features: Features, layout: Layout, { share, placed }: LayoutResult): string {
  const { paths, channels, stages, pooling, explained } = features;
  const count = paths.length.toLocaleString('en');
  const numbers = pooling.replaceAll('-', ' ');
  const noun = stages.length === 1 ? 'stage' : 'stages';
  const of = `${count} images, ${channels} channels: ${numbers} of ${noun} ${stages.join(', ')}`;
  if (layout === 'PCA') {
    const two = Math.round(100 * shareOfTwo(explained));
    return `${of}; the two largest components have ${two} % of the variance.`;
  }
  if (!placed) return `${of}; ${Math.round(100 * (share ?? 0))} % of UMAP is done.`;
  const some = paths.length > mostPlaced ? `, of ${mostPlaced.toLocaleString('en')} of them` : '';
  return `${of}; UMAP of ${features.components} components${some}: near is alike, far says little.`;
}

interface LegendProps {
  readonly features: Features;
  readonly highlighted: number | undefined;
  readonly onHighlight: (label: number | undefined) => void;
}

/** Classes with their colours; one of them may be shown alone. */
function Legend({ features, highlighted, onHighlight }: LegendProps): JSX.Element {
  const list = useRef<HTMLUListElement>(null);
  const [colours, setColours] = useState<readonly string[]>([]);
  const isDark = useTheme() === 'dark';
  const { classes } = features;
  useEffect(() => {
    if (list.current) setColours(classColours(list.current, classes.length, isDark));
  }, [classes, isDark]);
  return (
    <ul ref={list} class="legend" aria-label="Classes">
      {classes.map((name, label) => (
        <li key={name}>
          <button
            type="button"
            class="quiet"
            aria-pressed={label === highlighted}
            onClick={() => onHighlight(label === highlighted ? undefined : label)}
          >
            <i class="swatch" style={{ background: colours[label] ?? 'none' }} /> {name}
          </button>
        </li>
      ))}
    </ul>
  );
}
