import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'

/** An event lacks what its type should have. The message names the type and no value. */
export class UnreadableEvent extends Error {}

/** @throws UnreadableEvent */
export function read<T extends TSchema>(schema: T, object: unknown, what: string): Static<T> {
  if (!Value.Check(schema, object)) throw new UnreadableEvent(`unreadable ${what}`)
  return object
}

export const Maybe = <T extends TSchema>(schema: T) =>
  Type.Optional(Type.Union([schema, Type.Null()]))

export const Text = Type.String({ maxLength: 500 })
export const Minor = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
export const Currency = Type.String({ pattern: '^[a-z]{3}$' })
export const Dictionary = Maybe(Type.Record(Type.String(), Type.String()))
export const Id = Type.String({ minLength: 1, maxLength: 255 })

/** An id, or an expanded object that contains it. */
export const Reference = Type.Union([Id, Type.Object({ id: Id })])

export function idOf(reference: Static<typeof Reference>): string {
  return typeof reference === 'string' ? reference : reference.id
}

export function idOrNull(reference: Static<typeof Reference> | null | undefined): string | null {
  return reference === null || reference === undefined ? null : idOf(reference)
}
