import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './stack/child.ts';

/** `npm run check`: types, lint with the direction rule, format. Runs all of them and fails if any failed. */
const bin = (path: string) => join(root, 'node_modules', path);
const steps: [string, string[], string][] = [
  ['types of the services', [bin('typescript/bin/tsc'), '--noEmit', '-p', 'tsconfig.json'], '.'],
  ['types of the app (sync)', [bin('@sveltejs/kit/svelte-kit.js'), 'sync'], 'pwa'],
  [
    'types of the app',
    [bin('svelte-check/bin/svelte-check'), '--tsconfig', './tsconfig.json', '--fail-on-warnings'],
    'pwa',
  ],
  ['lint', [bin('eslint/bin/eslint.js'), '.', '--max-warnings', '0'], '.'],
  ['format', [bin('prettier/bin/prettier.cjs'), '--check', '--log-level', 'warn', '.'], '.'],
];

const failed = steps.filter(([name, args, folder]) => {
  process.stdout.write(`check: ${name}\n`);
  const { status } = spawnSync(process.execPath, args, { cwd: join(root, folder), stdio: 'inherit' });
  return status !== 0;
});
if (failed.length > 0) console.error(`Failed: ${failed.map(([name]) => name).join(', ')}`);
process.exit(failed.length > 0 ? 1 : 0);
