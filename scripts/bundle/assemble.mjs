import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { run, SetupError, step } from '../../packages/torch/scripts/setup/run.mjs';
import { repository } from '../setup/repository.mjs';
import { licencesText } from './licences.mjs';
import { npmPackages, workspaces } from './npm-packages.mjs';
import { buildPixels } from './pixels.mjs';

/** Files for those who write programs, not for those who run them. */
const sourcesOnly = /\.(map|d\.[mc]?ts|[mc]?ts|markdown)$/;

/** Fills a folder with everything that um-mae runs by, except libtorch, the compiler and make. */
export async function assemble(folder) {
  await step('copying Node', () => copyNode(folder));
  await step('copying packages', async () => {
    for (const path of npmPackages()) copyPackage(path, folder);
    for (const { name, path, files } of await publishedFiles()) {
      for (const file of files) copy(join(path, file), join(folder, 'node_modules', name, file));
    }
    copyFixtures(join(folder, 'node_modules/um-mae/fixtures'));
  });
  await step('compiling pixels.node', () => buildPixels(join(folder, 'node_modules/um-mae/build')));
  const parts = 'scripts/bundle/parts';
  for (const program of ['um-mae', 'measure']) {
    copy(join(parts, program), join(folder, program));
    chmodSync(join(folder, program), 0o755);
  }
  for (const program of ['start.mjs', 'same-losses.mjs'])
    copy(join(parts, program), join(folder, 'bin', program));
  copy('docs/cluster.md', join(folder, 'README.md'));
  copy('LICENSE', join(folder, 'LICENSE'));
  writeFileSync(join(folder, 'LICENSES-OF-PACKAGES'), licencesText());
}

function copyNode(folder) {
  const node = join(folder, 'bin/node');
  cpSync(process.execPath, node, { dereference: true });
  chmodSync(node, 0o755);
}

/** A package from `node_modules`, without the packages in it. */
function copyPackage(path, folder) {
  const source = join(repository, path);
  cpSync(source, join(folder, path), {
    recursive: true,
    dereference: true,
    filter: (file) =>
      !sourcesOnly.test(file) && (file === source || basename(file) !== 'node_modules'),
  });
}

/** Copies the fixtures that machines are checked with. The runs beside them are for tests. */
function copyFixtures(target) {
  cpSync(join(repository, 'packages/um-mae/fixtures'), target, {
    recursive: true,
    dereference: true,
    filter: (file) => basename(file) !== 'runs',
  });
}

/** Lists the files that npm would publish of each of our packages: no tests, no TypeScript. */
async function publishedFiles() {
  const paths = new Map(workspaces.map((path) => [nameOf(path), path]));
  const options = [
    ...['pack', '--dry-run', '--json', '--loglevel=silent', '--ignore-scripts'],
    ...workspaces.flatMap((path) => ['--workspace', path]),
  ];
  const { succeeded, output } = await run('npm', options, { folder: repository });
  if (!succeeded) {
    throw new SetupError('npm could not list the files of our packages.', { exitCode: 1, output });
  }
  return JSON.parse(output).map(({ name, files }) => ({
    name,
    path: paths.get(name),
    files: files.map((file) => file.path).filter((file) => !sourcesOnly.test(file)),
  }));
}

function nameOf(path) {
  return JSON.parse(readFileSync(join(repository, path, 'package.json'), 'utf8')).name;
}

function copy(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(join(repository, from), to);
}
