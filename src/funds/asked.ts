import type { Static, TObject } from '@sinclair/typebox'
import type { Actor } from '../audit/record.ts'
import type { Cap } from '../auth/identity.ts'
import type { InternalPermission } from '../auth/permissions.ts'
import { canonicalJson } from '../encoding/canonical-json.ts'
import { sha256 } from '../encoding/sha256.ts'
import type { Moved, Movement } from './operations.ts'
import { placeOf } from './ids.ts'
import { presentHold, presentMovement } from './present.ts'
import { CaptureBody, HoldBody, MovementBody, RefundBody, ReleaseBody } from './schemas.ts'

/** Of a hold whose call says nothing of it: a week. */
const EXPIRES_IN_S = 604_800

interface Op<Body extends TObject> {
  permission: InternalPermission
  body: Body
  /** Whether it is about a hold that stands beside the body. */
  namesHold: boolean
  /** The status of a success. */
  status: 200 | 201
  ask: (body: Static<Body>, holdId: string) => Asked
  present: (moved: Moved) => object
}

interface Asked {
  movement: Wanted
  /** What makes two calls the same, besides their kind and their notes. */
  meaning: readonly unknown[]
}

type Noted =
  'reason' | 'reference' | 'metadata' | 'idempotencyKey' | 'fingerprint' | 'bytes' | 'actor' | 'cap'
type Wanted = Movement extends infer M ? (M extends Movement ? Omit<M, Noted> : never) : never

const op = <Body extends TObject>(one: Op<Body>): Op<Body> => one

/** The calls that move or hold money, one by one and in batches. */
export const OPS = {
  deduct: op({
    permission: 'funds:deduct',
    body: MovementBody,
    namesHold: false,
    status: 200,
    ask: ({ user_id: userId, amount }) => ({
      movement: { kind: 'deduct', userId, amount: BigInt(amount) },
      meaning: [userId, amount],
    }),
    present: presentMovement,
  }),
  top_up: op({
    permission: 'funds:top_up',
    body: MovementBody,
    namesHold: false,
    status: 200,
    ask: ({ user_id: userId, amount }) => ({
      movement: { kind: 'top_up', userId, amount: BigInt(amount) },
      meaning: [userId, amount],
    }),
    present: presentMovement,
  }),
  refund: op({
    permission: 'funds:refund',
    body: RefundBody,
    namesHold: false,
    status: 200,
    ask: ({ transfer_id: id, amount }) => ({
      movement: { kind: 'refund', charge: placeOf(id), amount: orAll(amount) },
      meaning: [id, amount],
    }),
    present: presentMovement,
  }),
  hold: op({
    permission: 'funds:hold',
    body: HoldBody,
    namesHold: false,
    status: 201,
    ask: ({ user_id: userId, amount, expires_in_s: seconds = EXPIRES_IN_S }) => ({
      movement: { kind: 'hold', userId, amount: BigInt(amount), expiresInMs: seconds * 1_000 },
      meaning: [userId, amount, seconds],
    }),
    present: presentHold,
  }),
  capture: op({
    permission: 'funds:hold',
    body: CaptureBody,
    namesHold: true,
    status: 200,
    ask: ({ amount }, holdId) => ({
      movement: { kind: 'capture', hold: placeOf(holdId), amount: orAll(amount) },
      meaning: [holdId, amount],
    }),
    present: presentHold,
  }),
  release: op({
    permission: 'funds:hold',
    body: ReleaseBody,
    namesHold: true,
    status: 200,
    ask: (_body, holdId) => ({
      movement: { kind: 'release', hold: placeOf(holdId) },
      meaning: [holdId],
    }),
    present: presentHold,
  }),
}

export type OpName = keyof typeof OPS
export type BodyOf<Name extends OpName> = Static<(typeof OPS)[Name]['body']>

export const OP_NAMES = Object.keys(OPS) as [OpName, ...OpName[]]

/** Who asks, and under which key. */
export interface Caller {
  actor: Actor
  cap: Cap | null
  idempotencyKey: string | null
}

interface Notes {
  reason?: string
  reference?: string
  metadata?: Record<string, unknown>
}

/**
 * What a call asks of the ledger. The same call means the same alone and in a batch, so that a key made
 * for one repeats it in the other.
 * @param holdId of a capture or release
 */
export function movementOf<Name extends OpName>(
  name: Name,
  body: BodyOf<Name>,
  caller: Caller,
  holdId = '',
): Movement {
  const { ask } = OPS[name] as unknown as Op<TObject>
  return noted(ask(body, holdId), body, caller)
}

/** With the notes of its call: what the call says of it, and who asks. */
export function noted({ movement, meaning }: Asked, body: Notes, caller: Caller): Movement {
  const { reason = null, reference = null, metadata = null } = body
  const described = canonicalJson([movement.kind, ...meaning, reason, reference, metadata])
  const notes: Pick<Movement, Noted> = {
    reason,
    reference,
    metadata,
    idempotencyKey: caller.idempotencyKey,
    fingerprint: sha256(described),
    bytes: described.length,
    actor: caller.actor,
    cap: caller.cap,
  }
  // A spread with more properties behind it costs a hundred times as much: V8 makes each such object
  // a shape of its own, which moreover lives long.
  return Object.assign<Wanted, typeof notes>(movement, notes)
}

function orAll(amount: number | undefined): bigint | null {
  return amount === undefined ? null : BigInt(amount)
}
