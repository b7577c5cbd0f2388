import { Type } from '@sinclair/typebox'
import type { EventType, Told } from '../events/types.ts'

const ENDPOINT = 'we_8sKq2VbXw0RtYz1A'
const EndpointName = Type.String({ examples: [ENDPOINT] })

const types = {
  'endpoint.disabled': {
    summary: 'An endpoint was disabled, and gets no more events until it is enabled again.',
    data: Type.Object({
      endpoint_id: EndpointName,
      reason: Type.String({
        description:
          '`operator`: an operator disabled it. `gone`: it answered 410. `failing`: no attempt has ' +
          'succeeded for 5 days.',
        examples: ['failing'],
      }),
    }),
    example: { endpoint_id: ENDPOINT, reason: 'failing' },
  },
  'test.ping': {
    summary: 'An operator wants to see whether an endpoint gets its events.',
    data: Type.Object({ endpoint_id: EndpointName }),
    example: { endpoint_id: ENDPOINT },
  },
} as const satisfies Record<string, EventType>

export const toldOfWebhooks: Told = { types }
