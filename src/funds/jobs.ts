import type postgres from 'postgres'
import type { Moved, Operation } from './operations.ts'
import { ownKey } from './operations.ts'

const BATCH_MAX = 500

/**
 * Releases holds whose time is over. Every batch does so for the accounts it touches: all this adds
 * is to touch the accounts that nobody else does.
 */
export async function expireHolds(
  sql: postgres.Sql,
  submit: (operation: Operation) => Promise<Moved>,
): Promise<void> {
  const lapsed = await sql<{ accountId: bigint; seq: bigint }[]>`
    select account_id as "accountId", seq from holds
    where status = 'open' and expires_at <= now()
    order by expires_at
    limit ${BATCH_MAX}`
  // By the time each is decided its hold has expired, so that the release itself is refused.
  await Promise.allSettled(
    lapsed.map((hold) =>
      submit({
        kind: 'release',
        hold,
        key: ownKey(),
        sent: false,
        givenUp: false,
        idempotencyKey: null,
        fingerprint: Buffer.alloc(0),
        reason: null,
        reference: null,
        metadata: null,
        actor: { id: 'system', ip: null },
      }),
    ),
  )
}
