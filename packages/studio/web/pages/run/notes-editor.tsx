/** Tags and a note on the run, which are kept beside it. */
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { RunNotes } from '../../../shared/protocol/runs.js';
import './notes-editor.css';
import '../../components/tags.css';

interface NotesEditorProps {
  readonly id: string;
  /** Those on the disk; null where they are damaged. */
  readonly notes: RunNotes | null;
}

export function NotesEditor({ id, notes }: NotesEditorProps): JSX.Element {
  const [draft, setDraft] = useState<string>();
  const [word, setWord] = useState('');
  const { known, message, save } = useSaving(id, notes);
  if (!known)
    return <p class="notice bad">notes.json in this run is damaged, and is left alone.</p>;
  const { tags, note } = known;
  const addTag = async (tag: string) => {
    if (tag === '' || tags.includes(tag)) return setWord('');
    if (await save({ tags: [...tags, tag], note })) setWord('');
  };
  return (
    <section class="notes" aria-label="Notes">
      <ul class="tags" aria-label="Tags">
        {tags.map((tag) => (
          <li key={tag}>
            <button
              type="button"
              class="tag"
              aria-label={`Remove the tag ${tag}`}
              onClick={() => save({ tags: tags.filter((other) => other !== tag), note })}
            >
              {tag} <span aria-hidden="true">✕</span>
            </button>
          </li>
        ))}
        <li>
          <form
            onSubmit={(event) => {
              event.preventDefault();
              void addTag(word.trim());
            }}
          >
            <input
              type="text"
              class="new-tag"
              placeholder="Add a tag"
              aria-label="Add a tag"
              maxLength={40}
              value={word}
              onInput={(event) => setWord(event.currentTarget.value)}
            />
          </form>
        </li>
      </ul>
      <textarea
        aria-label="Note"
        placeholder="Add a note"
        rows={1}
        maxLength={20_000}
        value={draft ?? note}
        onInput={(event) => setDraft(event.currentTarget.value)}
        onChange={async () => {
          // A draft that could not be saved stays.
          if (draft !== undefined && (await save({ tags, note: draft }))) setDraft(undefined);
        }}
      />
      <span class="quiet-text" role="status">
        {draft !== undefined && message === '' ? 'Saved when you leave the field.' : message}
      </span>
    </section>
  );
}

/** Saves notes as changes of those that are known, so that nobody's are lost unseen. */
function useSaving(id: string, notes: RunNotes | null) {
  const [known, setKnown] = useState(notes);
  const [message, setMessage] = useState('');
  useEffect(() => setKnown(notes), [notes?.revision]);
  const save = async (changed: Omit<RunNotes, 'revision'>): Promise<boolean> => {
    const body = JSON.stringify({ ...changed, revision: known?.revision });
    const headers = { 'Content-Type': 'application/json' };
    try {
      const response = await fetch(`/api/runs/${id}/notes`, { method: 'PUT', body, headers });
      if (!response.ok) {
        setMessage(await response.text());
        return false;
      }
      setKnown(await response.json());
      setMessage('Saved');
      return true;
    } catch {
      setMessage('Not saved: the studio does not answer.');
      return false;
    }
  };
  return { known, message, save };
}
