import { expect, it } from 'vitest';
import { conversationsQuerySchema, summaryQuerySchema } from '@recado/domain/wire/api';
import { drillPath, pageAddress, readQuery, summaryPath } from './report-query.ts';

const now = Date.parse('2026-03-10T02:00:00.000Z');
const zone = 'America/Bogota';
const read = (search: string) => readQuery(new URLSearchParams(search), now, zone);
const ask = (path: string) => Object.fromEntries(new URLSearchParams(path.split('?')[1]));

it('shows the last week, as days are counted in the report’s time zone, unless the address says otherwise', () => {
  expect(read('')).toEqual({
    from: '2026-03-03',
    to: '2026-03-09',
    groupBy: 'day',
    queueId: '',
    agentId: '',
  });
  expect(read('from=nonsense&by=nonsense')).toEqual(read(''));
});
it('finds again what it wrote into the address', () => {
  const query = read('from=2026-01-01&to=2026-01-31&by=queue&queue=ventas&agent=ana');
  expect(read(pageAddress(query).split('?')[1]!)).toEqual(query);
});
it('asks what the server understands', () => {
  const query = read('by=agent&queue=ventas');
  expect(summaryQuerySchema.parse(ask(summaryPath(query, zone)))).toMatchObject({
    groupBy: 'agent',
    queueId: 'ventas',
    timeZone: zone,
  });
  const drill = drillPath(query, { metric: 'sla_missed', rowKey: 'ana', cursor: 'c1', timeZone: zone });
  expect(conversationsQuerySchema.parse(ask(drill))).toMatchObject({
    metric: 'sla_missed',
    agentId: 'ana',
    queueId: 'ventas',
    cursor: 'c1',
  });
});
it('narrows a number to the day it stands in', () => {
  const drill = drillPath(read(''), {
    metric: 'received',
    rowKey: '2026-03-05',
    cursor: null,
    timeZone: zone,
  });
  expect(conversationsQuerySchema.parse(ask(drill))).toMatchObject({ day: '2026-03-05', from: '2026-03-03' });
});
