import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';

export interface FileInputProps {
  readonly label: string;
  readonly accept: string;
  readonly multiple?: boolean;
  /** Whether this is what to do next. */
  readonly isPrimary: boolean;
  readonly choose: (files: File[]) => void;
}

/** A button that asks for files. */
export function FileInput(props: FileInputProps): JSX.Element {
  const { label, accept, multiple = false, isPrimary, choose } = props;
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button
        type="button"
        class={isPrimary ? 'primary' : undefined}
        onClick={() => input.current?.click()}
      >
        {label}
      </button>
      <input
        ref={input}
        type="file"
        hidden
        aria-label={label}
        accept={accept}
        multiple={multiple}
        onChange={({ currentTarget }) => {
          choose([...(currentTarget.files ?? [])]);
          // The same file can be chosen again.
          currentTarget.value = '';
        }}
      />
    </>
  );
}
