import type { JSX } from 'preact';

interface ClassColourProps {
  /** Red, green and blue, 0 to 255. */
  readonly colour: readonly [number, number, number];
}

/** The colour of a class, as pictures have it. */
export function ClassColour({ colour }: ClassColourProps): JSX.Element {
  return <span class="class-colour" style={{ '--colour': `rgb(${colour.join(' ')})` }} />;
}
