import type { Readable } from 'node:stream'
import { Type } from '@sinclair/typebox'
import { strictObject } from '../http/schemas.ts'

export const EraseQuery = strictObject({
  force: Type.Optional(
    Type.Boolean({
      description:
        "Gives up the account's funds: releases the holds and moves the balance to `adjustments`.",
    }),
  ),
})

/**
 * A document that is sent as a stream: the named schema only describes it, and serialises nothing.
 */
export function streamed(id: string) {
  return Type.Unsafe<Readable>(Type.Ref(id))
}
