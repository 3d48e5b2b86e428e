import globals from 'globals';
import svelte from 'eslint-plugin-svelte';
import tseslint from 'typescript-eslint';

/**
 * Which workspace may import which. Services never import each other: they meet only in the event store
 * and over HTTP, so that each can be restarted, scaled and understood alone.
 */
const mayImport = {
  domain: [],
  'event-store': ['domain'],
  'media-store': [],
  'embedded-couchdb': [],
  ingest: ['domain', 'event-store', 'media-store'],
  'sync-server': ['domain', 'event-store', 'media-store'],
  etl: ['domain', 'event-store', 'analytics'],
  analytics: ['domain'],
  pwa: ['domain'],
  simulator: ['domain'],
  load: ['domain', 'event-store'],
  e2e: [],
};

/** Test support crosses the line in one direction only: a suite may start the real store it runs against. */
const testsMayAlsoImport = ['embedded-couchdb', 'simulator'];

const directionRules = Object.entries(mayImport).flatMap(([workspace, allowed]) => {
  const rule = (names) => {
    const forbidden = Object.keys(mayImport).filter((name) => name !== workspace && !names.includes(name));
    return {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: forbidden.flatMap((name) => [
                `@recado/${name}`,
                `@recado/${name}/*`,
                `**/../${name}/src/**`,
              ]),
              message: `${workspace}/ may import only: ${names.join(', ') || 'nothing of ours'} (docs/ARCHITECTURE.md, "Packages").`,
            },
            ...(workspace === 'domain'
              ? [{ group: ['node:*'], message: 'domain/ is pure and runs in browsers too: no I/O, no Node.' }]
              : []),
          ],
        },
      ],
    };
  };
  const tests = [
    `${workspace}/**/*.test.ts`,
    `${workspace}/**/*.contract.ts`,
    `${workspace}/**/*.testkit.ts`,
    `${workspace}/**/*.crash.ts`,
  ];
  return [
    { files: [`${workspace}/**/*.{ts,svelte}`], ignores: tests, rules: rule(allowed) },
    {
      files: tests,
      rules: rule([...allowed, ...testsMayAlsoImport, ...(workspace === 'etl' ? ['analytics'] : [])]),
    },
  ];
});

export default tseslint.config(
  { ignores: ['**/node_modules/**', 'data/**', 'pwa/build/**', 'pwa/.svelte-kit/**', 'coverage/**'] },
  ...tseslint.configs.recommended,
  ...svelte.configs.recommended,
  {
    languageOptions: { globals: { ...globals.node, ...globals.browser } },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-console': ['error', { allow: ['error'] }],
      'no-restricted-syntax': [
        'error',
        {
          selector: "MemberExpression[object.name='process'][property.name='env']",
          message: 'Only config.ts reads the environment.',
        },
      ],
    },
  },
  {
    files: ['{ingest,sync-server,etl,analytics,simulator,embedded-couchdb,event-store,domain}/src/**/*.ts'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: tseslint.parser } },
  },
  {
    files: [
      '**/config.ts',
      '**/vite.config.ts',
      'vitest.config.ts',
      'scripts/**',
      'e2e/**',
      'load/**',
      '**/*.test.ts',
      '**/*.testkit.ts',
      '**/*.contract.ts',
      '**/*-cli.ts',
      '**/decode-folder.ts',
    ],
    rules: { 'no-restricted-syntax': 'off', 'no-console': 'off' },
  },
  ...directionRules,
);
