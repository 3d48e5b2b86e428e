import { createMemoryTimers } from './timers.ts';
import { timersContract } from './timers.contract.ts';

timersContract('in memory', async () => createMemoryTimers());
