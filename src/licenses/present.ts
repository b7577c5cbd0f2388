import type { LicenseRow } from './service.ts'

export function presentLicense(row: LicenseRow) {
  return {
    license_id: row.id,
    plan: row.plan,
    features: row.features,
    limits: row.limits,
    quantity: row.quantity ?? 1,
    status: row.status,
    issued_at: row.issuedAt.toISOString(),
    expires_at: row.expiresAt.toISOString(),
    key_id: row.keyId,
    token: row.token,
  }
}

/** The licence as operators see it. */
export function presentIssued(row: LicenseRow) {
  return {
    license: {
      ...presentLicense(row),
      customer_id: row.customerId,
      stripe_subscription_id: row.subscriptionId,
      revoked_at: row.revokedAt?.toISOString() ?? null,
      reason: row.reason,
    },
  }
}
