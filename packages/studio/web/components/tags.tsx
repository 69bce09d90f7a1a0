import type { JSX } from 'preact';
import './tags.css';

interface TagsProps {
  readonly tags: readonly string[];
  readonly onChoose: (tag: string) => void;
}

/** The tags of a run; one that is chosen looks for others that have it. */
export function Tags({ tags, onChoose }: TagsProps): JSX.Element | null {
  if (tags.length === 0) return null;
  return (
    <ul class="tags" aria-label="Tags">
      {tags.map((tag) => (
        <li key={tag}>
          <button type="button" class="tag" onClick={() => onChoose(tag)}>
            {tag}
          </button>
        </li>
      ))}
    </ul>
  );
}
