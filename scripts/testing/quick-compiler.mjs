import { chmodSync, writeFileSync } from 'node:fs';
import { repository } from '../setup/repository.mjs';

/**
 * Writes a compiler that takes what set-up has compiled from the same sources with the same flags,
 * and links.
 *
 * @param {string} [compiled] the one source that it compiles
 */
export function writeQuickCompiler(path, compiled = 'none') {
  const lines = [
    '#!/bin/sh',
    `case " $* " in *" -fsyntax-only "* | *" ${compiled} "* | *" -shared "*) exec g++ "$@" ;; esac`,
    'while [ "$1" != -o ]; do shift; done',
    'case "$2" in */torch/build/*) package=torch ;; *) package=um-mae ;; esac',
    `exec cp "${repository}/packages/$package/build/\${2##*/build/}" "$2"`,
  ];
  writeFileSync(path, `${lines.join('\n')}\n`);
  chmodSync(path, 0o755);
}
