/** A command to type in a shell, with a button that copies it. */
import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import './command.css';

export function Command({ text }: { readonly text: string }): JSX.Element {
  const line = useRef<HTMLPreElement>(null);
  const [said, setSaid] = useState('');
  const copy = async () => {
    setSaid((await isCopied(text)) ? 'Copied' : 'Selected: press Ctrl-C');
    if (line.current) getSelection()?.selectAllChildren(line.current);
  };
  return (
    <div class="command">
      <pre ref={line}>{text}</pre>
      <button type="button" onClick={copy}>
        Copy
      </button>
      <span role="status">{said}</span>
    </div>
  );
}

/** Copies, where the browser allows it: it does on this machine and over HTTPS. */
async function isCopied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
