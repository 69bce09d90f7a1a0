import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { program } from './program.js';

test('the help of every command is there without libtorch', async () => {
  const names = (await program([])).commands.map((command) => command.name());
  for (const name of names) {
    const command = (await program([name])).commands.find((each) => each.name() === name);
    expect(command?.helpInformation(), name).toMatch(/^Usage: um-mae \S+ .+/);
  }
  expect(readFileSync('/proc/self/maps', 'utf8')).not.toContain('torch.node');
});
