import { readFileSync, readlinkSync } from 'node:fs';

/**
 * Tells whether a process that once ran on this machine is certainly gone, so that a lease it held need not be
 * waited for. It answers only where that is certain: on Linux, within one boot and one space of process ids (a
 * container has its own), by the moment the process began, for ids are used again. Everywhere else nobody is
 * known to be gone.
 */
export interface LivingProcess {
  /** Of this process, for others to ask about. null where nothing certain can be said. */
  mark: string | null;
  isGone(mark: string): boolean;
}

export const unknownProcess: LivingProcess = { mark: null, isGone: () => false };

export function readLivingProcess(pid: number = process.pid): LivingProcess {
  const place = readPlace();
  const began = place && readBeginning(pid);
  if (!place || !began) return unknownProcess;
  return {
    mark: `${place} ${pid} ${began}`,
    isGone(mark) {
      const [, itsPlace, itsPid, itsBeginning] = /^(.*) (\d+) (\d+)$/.exec(mark) ?? [];
      return itsPlace === place && readBeginning(Number(itsPid)) !== itsBeginning;
    },
  };
}

const readPlace = (): string | null =>
  ifThere(
    () =>
      `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${readlinkSync('/proc/self/ns/pid')}`,
  );

/** Clock ticks from the boot to the process's start: the 22nd field, counted after the name, which may hold blanks. */
const readBeginning = (pid: number): string | null =>
  ifThere(() => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  });

function ifThere(read: () => string | null): string | null {
  try {
    return read();
  } catch {
    return null;
  }
}
