import type { JSX } from 'preact';

/** The largest number of messages at once. More would hide the page. */
const mostShown = 3;

export interface NoticesProps {
  readonly notices: readonly string[];
  readonly dismiss: () => void;
}

/** Error messages, over the foot of the page, so that nothing moves. */
export function Notices({ notices, dismiss }: NoticesProps): JSX.Element {
  const further = notices.length - mostShown;
  return (
    <div class="notices" role="status">
      {notices.length > 0 && (
        <div class="notice bad">
          <ul>
            {notices.slice(0, mostShown).map((notice, place) => (
              <li key={place}>{notice}</li>
            ))}
            {further > 0 && <li>And {further} more.</li>}
          </ul>
          <button type="button" onClick={dismiss}>
            Dismiss
          </button>
        </div>
      )}
    </div>
  );
}
