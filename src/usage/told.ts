import { Type } from '@sinclair/typebox'
import { type EventType, type Told, asRecorded } from '../events/types.ts'
import { CustomerId } from '../http/schemas.ts'

const CUSTOMER = 'cust_4fGh7KqL9mNp2RsT'
const Metric = Type.String({ examples: ['api_calls'] })

const types = {
  'usage.limit_exceeded': {
    summary: 'A customer has used more of a metric than the plan allows in a month.',
    data: Type.Object({
      customer_id: CustomerId,
      metric: Metric,
      used: Type.Number({ examples: [1200] }),
      limit: Type.Number({ examples: [1000] }),
      month: Type.String({ examples: ['2026-11'] }),
    }),
    example: {
      customer_id: CUSTOMER,
      metric: 'api_calls',
      used: 1200,
      limit: 1000,
      month: '2026-11',
    },
  },
  'usage.anomaly': {
    summary: 'A customer used far more of a metric in an hour than is usual.',
    data: Type.Object({
      customer_id: CustomerId,
      metric: Metric,
      sum: Type.Number({ examples: [9000] }),
      threshold: Type.Number({ examples: [2500] }),
      hour: Type.String({ format: 'date-time', examples: ['2026-11-24T09:00:00Z'] }),
    }),
    example: {
      customer_id: CUSTOMER,
      metric: 'api_calls',
      sum: 9000,
      threshold: 2500,
      hour: '2026-11-24T09:00:00Z',
    },
  },
} as const satisfies Record<string, EventType>

export const toldOfUsage: Told = {
  types,
  records: Object.fromEntries(
    Object.entries(types).map(([name, type]) => [name, asRecorded(name, type, 'customer_id')]),
  ),
}
