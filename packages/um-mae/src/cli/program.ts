/** The commands. */
import { setThreads } from '@um-mae/torch';
import type { Command } from 'commander';
import { bareProgram } from './bare-program.js';
import { addBench } from './commands/bench.js';
import { addConvert } from './commands/convert.js';
import { addData } from './commands/data.js';
import { addDemo } from './commands/demo.js';
import { addDoctor } from './commands/doctor.js';
import { addEmbed } from './commands/embed.js';
import { addEvaluate } from './commands/evaluate.js';
import { addExport } from './commands/export.js';
import { addFinetune } from './commands/finetune.js';
import { addInspect } from './commands/inspect.js';
import { addMaps } from './commands/maps.js';
import { addPredict } from './commands/predict.js';
import { addPretrain } from './commands/pretrain.js';
import { addProbe } from './commands/probe.js';
import { addRecipes } from './commands/recipes.js';
import { addReconstruct } from './commands/reconstruct.js';
import { addSimilar } from './commands/similar.js';
import { addStudio } from './commands/studio.js';

/** The program with libtorch at one thread for each core, until a command is told another number. */
export function program(): Command {
  setThreads();
  const command = bareProgram();
  addPretrain(command);
  addFinetune(command);
  addEvaluate(command);
  addPredict(command);
  addReconstruct(command);
  addProbe(command);
  addEmbed(command);
  addSimilar(command);
  addMaps(command);
  addStudio(command);
  addRecipes(command);
  addInspect(command);
  addConvert(command);
  addExport(command);
  addData(command);
  addDemo(command);
  addBench(command);
  addDoctor(command);
  return command;
}
