import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { arch } from 'node:os';
import { join } from 'node:path';
import { buildNative as buildTorch } from '../../packages/torch/scripts/build-native.mjs';
import { findLibtorch } from '../../packages/torch/scripts/find-libtorch.mjs';
import { prebuiltPackage } from '../../packages/torch/scripts/prebuilt.mjs';
import { step } from '../../packages/torch/scripts/setup/run.mjs';
import { buildNative as buildPixels } from '../../packages/um-mae/scripts/build-native.mjs';
import { repository } from '../setup/repository.mjs';

/**
 * Compiles both addons for the libtorch of Debian 12 and processors with AVX2, and packs them as a
 * package; elsewhere it does nothing, and says so.
 *
 * @param folder for what is compiled and packed
 * @param {(args: string[]) => Promise<string[]>} pack
 * @returns {Promise<string[]>} paths of tarballs
 */
export async function packPrebuilt(folder, pack) {
  if (!isDebian12()) {
    process.stdout.write('release: no addons for Debian 12, which this machine is not\n');
    return [];
  }
  const objects = join(repository, 'build/debian-12-x64');
  await step('compiling the addons for Debian 12', async (onProgress) => {
    await buildTorch({ build: join(objects, 'torch'), architecture: 'x86-64-v3', onProgress });
    await buildPixels({ build: join(objects, 'pixels') });
  });
  mkdirSync(folder, { recursive: true });
  cpSync(join(objects, 'torch/torch.node'), join(folder, 'torch.node'));
  cpSync(join(objects, 'pixels/pixels.node'), join(folder, 'pixels.node'));
  cpSync(join(repository, 'LICENSE'), join(folder, 'LICENSE'));
  writeFileSync(join(folder, 'README.md'), readme);
  const { version, license } = JSON.parse(
    readFileSync(join(repository, 'packages/torch/package.json'), 'utf8'),
  );
  const description = 'The addons of um-mae, compiled for the libtorch of Debian 12';
  const platform = { os: ['linux'], cpu: ['x64'], libc: ['glibc'] };
  const files = ['torch.node', 'pixels.node'];
  const exports = { './torch.node': './torch.node', './pixels.node': './pixels.node' };
  const fields = {
    name: prebuiltPackage,
    version,
    type: 'commonjs',
    description,
    license,
    ...platform,
  };
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ ...fields, exports, files }, null, 2),
  );
  return pack([folder]);
}

function isDebian12() {
  if (arch() !== 'x64') return false;
  const release = readFileSync('/etc/os-release', 'utf8');
  const isOwn = findLibtorch()?.source === 'system';
  return isOwn && /^ID=debian$/m.test(release) && /^VERSION_ID="12"$/m.test(release);
}

const readme = `# ${prebuiltPackage}

The addons of um-mae, compiled for the libtorch of Debian 12 (x64, processors with AVX2).

\`\`\`sh
npm install um-mae ${prebuiltPackage}
npx um-mae setup    # installs libraries with apt, and compiles nothing
\`\`\`

Addons that \`npx um-mae setup --compile\` compiles for one processor take its AVX-512 and AMX, too, and
are taken in place of these.
`;
