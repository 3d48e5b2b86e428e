import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Violation {
  id: string;
  nodes: { target: unknown[]; failureSummary?: string }[];
}

/** Runs axe in the page. `evaluate` goes around the page's content security policy, which forbids inline scripts. */
export async function axeFaults(page: Page): Promise<string[]> {
  await page.evaluate(settled);
  await page.evaluate(source);
  const violations = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } };
    return (await axe.run()).violations;
  });
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(
      (node) => `${id}: ${JSON.stringify(node.target)} ${node.failureSummary?.replaceAll('\n', ' ') ?? ''}`,
    ),
  );
}

/** In the middle of a change of colours there is no contrast to judge. What moves for ever is not waited for. */
async function settled(): Promise<void> {
  await new Promise(requestAnimationFrame);
  const ending = document
    .getAnimations()
    .filter((animation) => animation.effect?.getComputedTiming().endTime !== Infinity);
  await Promise.allSettled(ending.map((animation) => animation.finished));
}
