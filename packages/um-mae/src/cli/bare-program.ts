import { Command } from 'commander';
import { packageVersion } from '../package-version.js';

/** The program without its commands. */
export function bareProgram(): Command {
  return new Command('um-mae')
    .description('Self-supervised pre-training of pyramid vision transformers with uniform masking')
    .version(packageVersion())
    .exitOverride()
    .configureOutput({
      outputError: (text, write) => write(text.replace(/^error: /, 'um-mae: ')),
    });
}
