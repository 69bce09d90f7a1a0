import { UnusableFile } from '../unusable-file.js';

/** A model on the server, and its address, beside which other graphs of it may lie. */
export interface LinkedModel {
  readonly file: File;
  readonly address: string;
}

/**
 * The model that the address of the page names, as in `?model=cats.onnx`: a file on the same
 * server.
 *
 * @throws UnusableFile when it is elsewhere, or not there
 */
export async function linkedModel(address: URL): Promise<LinkedModel | undefined> {
  const link = address.searchParams.get('model');
  if (link === null) return undefined;
  const url = URL.parse(link, address);
  if (url?.origin !== address.origin) {
    throw new UnusableFile(`Expected a model on this server for \`?model=\` but got ${link}.`);
  }
  const response = await fetch(url).catch(() => undefined);
  if (!response?.ok) {
    throw new UnusableFile(
      `Expected a model at ${link} but got ${response ? `answer ${response.status}` : 'no answer'}.`,
    );
  }
  const name = decodeURIComponent(url.pathname.split('/').at(-1) ?? '');
  return { file: new File([await response.blob()], name), address: url.href };
}
