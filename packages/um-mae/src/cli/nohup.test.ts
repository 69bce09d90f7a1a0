import { expect, test } from 'vitest';
import { tellNohup } from './nohup.js';

const plain = { started: '/usr/bin/um-mae', input: undefined, ignored: '0000000001001000' };

test.each([
  ['nothing', {}, false],
  ['a command of its own name', { started: '/usr/bin/nohup' }, true],
  ['an input that cannot be read', { input: { path: '/dev/null', flags: '0100001' } }, true],
  ['an input of nothing', { input: { path: '/dev/null', flags: '0100000' } }, false],
  ['a terminal', { input: { path: '/dev/pts/1', flags: '02' } }, false],
  ['a shell that ignores SIGHUP', { ignored: '0000000000000001' }, true],
])('nohup is told by %s', (_, traces, isIt) => {
  expect(tellNohup({ ...plain, ...traces })).toBe(isIt);
});
