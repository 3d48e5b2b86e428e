import { inject } from 'vitest';

/** A customer with a phone of their own, played by the simulator. */
export interface Customer {
  phone: string;
  name: string;
  write(text: string): Promise<void>;
  /** What the phone shows, oldest first. `out` is what the customer wrote. */
  sees(): Promise<{ direction: 'in' | 'out'; text: string }[]>;
  /** How many times the phone shows a text that came in. */
  timesReceived(text: string): Promise<number>;
}

/** `simulator`: of another demo than the shared one. */
export function newCustomer(name: string, simulator = inject('demo').phone): Customer {
  const phone = `57300${String(Math.floor(Math.random() * 1e7)).padStart(7, '0')}`;
  const base = `${simulator}/_sim/customers/${phone}/messages`;
  const sees = async () => {
    const shown = (await (await fetch(base)).json()) as { direction: 'in' | 'out'; text?: string }[];
    return shown.map(({ direction, text }) => ({ direction, text: text ?? '' }));
  };
  return {
    phone,
    name,
    sees,
    write: async (text) => {
      const answer = await fetch(base, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ text, name }),
      });
      if (!answer.ok) throw new Error(`the simulator refused: ${answer.status} ${await answer.text()}`);
    },
    timesReceived: async (text) =>
      (await sees()).filter((m) => m.direction === 'in' && m.text.includes(text)).length,
  };
}
