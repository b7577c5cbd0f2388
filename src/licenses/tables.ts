import { sql } from 'drizzle-orm'
import {
  bigint,
  check,
  index,
  jsonb,
  pgTable,
  text,
  timestamp,
  uniqueIndex,
} from 'drizzle-orm/pg-core'
import { customers } from '../customers/tables.ts'
import { plans } from '../plans/tables.ts'
import { subscriptions } from '../subscriptions/tables.ts'

/**
 * - `active`: served to the customer until it expires.
 * - `superseded`: a newer one of its subscription grants the same; it verifies until it expires.
 * - `ended`: its subscription ended, or changed what it grants. On the revocation list.
 * - `revoked`: by an operator. On the revocation list.
 *
 * The licences of a suspended customer are on the list too, whatever their status.
 */
export const LICENSE_STATUSES = ['active', 'superseded', 'ended', 'revoked'] as const

/** Without fractions: a JWT's times are whole seconds, and the two must not differ. */
const second = () => timestamp({ precision: 0, withTimezone: true })

/**
 * Every signed licence. Only its status and the period that it is for change, until its customer is
 * erased: then only what the revocation list needs is left.
 */
export const licenses = pgTable(
  'licenses',
  {
    /** `lic_` and 16 base62 characters; the token's `jti`. */
    id: text().primaryKey(),
    /** The order of issue. */
    seq: bigint({ mode: 'bigint' }).notNull().unique().generatedAlwaysAsIdentity(),
    customerId: text()
      .notNull()
      .references(() => customers.id),
    /** The subscription it was issued for; null for one issued by hand. */
    subscriptionId: text().references(() => subscriptions.id),
    plan: text().references(() => plans.id),
    features: jsonb().$type<Record<string, unknown>>().notNull(),
    limits: jsonb().$type<Record<string, number>>().notNull(),
    /** The quantity of the plan; null for a licence signed before quantities existed. */
    quantity: bigint({ mode: 'number' }),
    status: text({ enum: LICENSE_STATUSES }).notNull().default('active'),
    issuedAt: second().notNull(),
    notBefore: second().notNull(),
    expiresAt: second().notNull(),
    /**
     * The end of the paid period that it is for, without grace. Null without such a period, and in rows
     * of the previous version.
     */
    paidUntil: second(),
    /** When it was put on the revocation list, where it stays until it has expired. */
    revokedAt: timestamp({ precision: 3, withTimezone: true }),
    /** Why it was revoked, or what ended it; null once the customer is erased. */
    reason: text(),
    /** The thumbprint of the key that signed the token. */
    keyId: text().notNull(),
    /**
     * The JWT itself, because its key may be gone after a rotation. Empty once the customer is
     * erased.
     */
    token: text().notNull(),
  },
  (table) => [
    check(
      'licenses_status',
      sql`${table.status} in (${sql.raw(LICENSE_STATUSES.map((status) => `'${status}'`).join(', '))})`,
    ),
    check(
      'licenses_revoked',
      sql`(${table.revokedAt} is not null) = (${table.status} in ('ended', 'revoked'))`,
    ),
    index('licenses_usable')
      .on(table.customerId, table.seq)
      .where(sql`${table.status} = 'active'`),
    index('licenses_subscription').on(table.subscriptionId, table.seq),
    // The revocation list has all licences of suspended customers.
    index('licenses_customer').on(table.customerId, table.expiresAt),
    // Two concurrent transactions can't both issue for the same plan of a subscription.
    uniqueIndex('licenses_current_plan')
      .on(table.subscriptionId, table.plan)
      .where(sql`${table.status} = 'active'`),
    index('licenses_revoked_until')
      .on(table.expiresAt)
      .where(sql`${table.revokedAt} is not null`),
  ],
)
