/**
 * The order of arguments, for whoever gives the image before the run, as earlier versions took
 * them.
 */
import { type Command, InvalidArgumentError, Option } from 'commander';

/**
 * Refuses `--from RUN`, which earlier versions took, and shows the call of today where an argument
 * is missing.
 *
 * @param form a call of the command with this run
 */
export function showOrder(command: Command, form: (run: string) => string): void {
  const refuse = (run: string) => {
    throw new InvalidArgumentError(`The run comes first: ${form(run)}`);
  };
  const { outputError } = command.configureOutput();
  command.addOption(new Option('--from <run>').argParser(refuse).hideHelp()).configureOutput({
    outputError(text, write) {
      const isMissing = text.includes('missing required argument');
      outputError?.(isMissing ? `${text}The run comes first: ${form('RUN')}\n` : text, write);
    },
  });
}
