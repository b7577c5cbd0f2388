import { type Actor, recordAudit } from '../audit/record.ts'
import { randomBase62 } from '../encoding/ids.ts'
import type { Transaction } from '../database/index.ts'
import type { KeyRing } from '../keys/index.ts'
import { Refusal } from '../refusals/index.ts'
import { licenses } from './tables.ts'
import { ISSUER, LICENSE_TYPE } from './verifier.ts'

/**
 * How long before its `iat` a licence becomes valid. An instance's clock may be behind ours, and
 * many JWT libraries allow for no difference by default.
 */
const BACKDATED_S = 300

export type LicenseRow = typeof licenses.$inferSelect

/** What a licence grants. */
export type Terms = Pick<LicenseRow, 'plan' | 'features' | 'limits' | 'quantity'>

export interface LicenseDraft extends Terms {
  /** Made beforehand if the caller must know it even when the answer to the commit is lost. */
  id?: string
  customerId: string
  subscriptionId: string | null
  expiresAt: Date
  paidUntil: Date | null
}

export function newLicenseId(): string {
  return `lic_${randomBase62(16)}`
}

/**
 * Signs a licence and writes it with its audit record.
 * @param replaces the licence of the same subscription that this one replaces
 * @throws Refusal `SIGNING_KEY_MISSING`
 */
export async function issueLicense(
  tx: Transaction,
  keys: KeyRing,
  actor: Actor,
  draft: LicenseDraft,
  replaces: LicenseRow | null = null,
): Promise<LicenseRow> {
  const { customerId, plan, features, limits, quantity } = draft
  if (keys.signingKeyId === null) throw new Refusal('SIGNING_KEY_MISSING')
  const { id = newLicenseId() } = draft
  const iat = secondsOf(new Date())
  const nbf = iat - BACKDATED_S
  const exp = secondsOf(draft.expiresAt)
  const claims = { iss: ISSUER, sub: customerId, jti: id, plan, features, limits, quantity }
  const token = await keys.sign(LICENSE_TYPE, { ...claims, iat, nbf, exp })
  const [row] = await tx
    .insert(licenses)
    .values({
      ...draft,
      id,
      issuedAt: new Date(iat * 1_000),
      notBefore: new Date(nbf * 1_000),
      expiresAt: new Date(exp * 1_000),
      keyId: keys.signingKeyId,
      token,
    })
    .returning()
  if (row === undefined) throw new Error('The licence was not inserted')
  await recordAudit(tx, actor, {
    event: 'license.issued',
    subject: customerId,
    metadata: {
      license_id: id,
      plan,
      quantity,
      subscription: row.subscriptionId,
      expires_at: row.expiresAt.toISOString(),
      key_id: row.keyId,
      replaces: replaces?.id ?? null,
    },
  })
  return row
}

/** Records that licences are on the revocation list from now on. */
export async function recordRevoked(
  tx: Transaction,
  actor: Actor,
  revoked: readonly LicenseRow[],
): Promise<void> {
  if (revoked.length === 0) return
  const entries = revoked.map(({ id, customerId, subscriptionId, status, reason }) => ({
    event: 'license.revoked' as const,
    subject: customerId,
    metadata: { license_id: id, subscription: subscriptionId, status },
    // An operator's own words may concern a person.
    ...(reason !== null && { personal: { reason } }),
  }))
  await recordAudit(tx, actor, ...entries)
}

function secondsOf(time: Date): number {
  return Math.floor(time.getTime() / 1_000)
}
