/** The program with the one command that needs no libtorch. */
import type { Command } from 'commander';
import { bareProgram } from './bare-program.js';
import { addStudio } from './commands/studio.js';

export function program(): Command {
  const command = bareProgram();
  addStudio(command);
  return command;
}
