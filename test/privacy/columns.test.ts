import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDatabase } from '../support/database.ts'
import { query } from '../support/tables.ts'

/**
 * - `personal`: of a customer or user; an erasure empties it or deletes the row.
 * - `pseudonym`: our id of a customer or account, or an id of Stripe's of no person. It stays, and
 *   leads to nobody once what is personal is gone.
 * - `commitment`: salted, and the salt goes with the erasure.
 * - `none`: of nobody.
 */
type Class = 'personal' | 'pseudonym' | 'commitment' | 'none'

/** Every column that can hold text, so that a new one has to be thought about. */
const COLUMNS: Record<string, Record<string, Class>> = {
  'drizzle.__drizzle_migrations': { hash: 'none' },
  'graphile_worker._private_job_queues': { locked_by: 'none', queue_name: 'none' },
  'graphile_worker._private_jobs': {
    flags: 'none',
    // A Stripe customer that is yet to be deleted at Stripe; the row goes with the deletion.
    key: 'personal',
    last_error: 'none',
    locked_by: 'none',
    payload: 'personal',
  },
  'graphile_worker._private_known_crontabs': { identifier: 'none' },
  'graphile_worker._private_tasks': { identifier: 'none' },
  'public.accounts': {
    asset: 'none',
    salt: 'personal',
    status: 'none',
    system: 'none',
    tier: 'none',
    user_id: 'personal',
  },
  'public.api_key_calls': { key_id: 'pseudonym' },
  'public.api_keys': {
    allowed_ips: 'personal',
    customer_id: 'pseudonym',
    digest: 'none',
    hash: 'none',
    id: 'pseudonym',
    name: 'personal',
    pepper_id: 'none',
    scopes: 'none',
  },
  'public.auto_top_up_intents': {
    failure: 'none',
    id: 'pseudonym',
    payment_intent_id: 'pseudonym',
    payment_method_id: 'personal',
    status: 'none',
    stripe_customer_id: 'personal',
  },
  'public.auto_top_ups': { paused_reason: 'none' },
  'public.audit_checkpoints': { root: 'none', token: 'none' },
  'public.published_log': {
    log_id: 'none',
    origin: 'none',
    vkey: 'none',
    note: 'none',
    behind_source: 'none',
    leased_to: 'none',
  },
  'public.audit_personal': {
    commitment: 'commitment',
    salt: 'personal',
    subject: 'pseudonym',
    value: 'personal',
  },
  'public.audit_records': {
    account_ids: 'pseudonym',
    actor: 'pseudonym',
    event: 'none',
    ip: 'commitment',
    metadata: 'pseudonym',
    subject: 'pseudonym',
    transfer_seqs: 'none',
  },
  'public.audit_terms': { term: 'pseudonym' },
  'public.audit_tiles': { hashes: 'commitment' },
  'public.base_plans_past': { base_plan: 'none', customer_id: 'pseudonym' },
  'public.budgets': {
    alert_at: 'none',
    id: 'personal',
    mode: 'none',
    reason: 'personal',
    reference_prefix: 'personal',
    time_zone: 'personal',
    window: 'none',
  },
  'public.customers': {
    base_plan: 'none',
    company_name: 'personal',
    email: 'personal',
    external_id: 'personal',
    id: 'pseudonym',
    idempotency_answer: 'personal',
    idempotency_fingerprint: 'personal',
    idempotency_key: 'personal',
    metadata: 'personal',
    plan: 'none',
    status: 'none',
    stripe_customer_id: 'personal',
  },
  // The row goes with the last page of what there is to forget.
  'public.erasures': {
    actor: 'pseudonym',
    after: 'personal',
    customer_id: 'pseudonym',
    forgotten: 'personal',
    ignored: 'personal',
    ip: 'personal',
    people: 'personal',
    user_id: 'personal',
  },
  'public.erased_stripe_customers': { digest: 'pseudonym' },
  'public.event_outbox': { data: 'personal', subject: 'pseudonym', type: 'none' },
  'public.events': {
    data: 'personal',
    id: 'none',
    subject: 'pseudonym',
    type: 'none',
    user_id: 'personal',
  },
  // An owner's name for a budget is hashed with the account's salt.
  'public.events_told': { key: 'commitment' },
  'public.grants': { category: 'personal', status: 'none' },
  'public.holds': { status: 'none' },
  'public.job_pools': { pool_id: 'none' },
  'public.licenses': {
    customer_id: 'pseudonym',
    features: 'personal',
    id: 'pseudonym',
    key_id: 'none',
    limits: 'personal',
    plan: 'none',
    reason: 'personal',
    status: 'none',
    subscription_id: 'pseudonym',
    token: 'personal',
  },
  'public.plan_prices': { plan_id: 'none', price_id: 'none' },
  'public.plan_prices_past': { plan_id: 'none', price_id: 'none' },
  'public.plans': {
    checkout: 'none',
    features: 'none',
    id: 'none',
    limits: 'none',
    metered: 'none',
    name: 'none',
    stripe_price_id: 'none',
  },
  'public.plans_past': { metered: 'none', plan_id: 'none' },
  'public.stripe_customers': { customer_id: 'pseudonym', id: 'personal' },
  'public.saved_payment_methods': { payment_method_id: 'personal', stripe_customer_id: 'personal' },
  'public.stripe_events': {
    api_version: 'none',
    id: 'pseudonym',
    payload: 'personal',
    reason: 'none',
    status: 'none',
    type: 'none',
  },
  'public.stripe_payments': { currency: 'none', id: 'pseudonym' },
  'public.stripe_takings': {
    currency: 'none',
    id: 'pseudonym',
    kind: 'none',
    payment_id: 'pseudonym',
    status: 'none',
  },
  'public.subscriptions': {
    customer_id: 'pseudonym',
    held_items: 'none',
    id: 'pseudonym',
    items: 'none',
    latest_invoice: 'pseudonym',
    named: 'pseudonym',
    pause: 'none',
    plan: 'none',
    settled: 'none',
    status: 'none',
    stripe_customer_id: 'personal',
    stripe_price_id: 'none',
    superseded: 'none',
    told: 'none',
  },
  'public.subscriptions_past': {
    customer_id: 'pseudonym',
    items: 'none',
    status: 'none',
    subscription_id: 'pseudonym',
  },
  'public.token_sums': { lineage: 'none' },
  'public.sessions': {
    allow: 'none',
    digest: 'none',
    id: 'pseudonym',
    kind: 'none',
    // Where an app takes its user back; the row goes with the account.
    return_url: 'personal',
    token_id: 'none',
  },
  // Of operators and services, not of customers and users.
  'public.tokens': {
    allowed_ips: 'none',
    digest: 'none',
    hash: 'none',
    id: 'none',
    lineage: 'none',
    name: 'none',
    permissions: 'none',
    pepper_id: 'none',
    role: 'none',
    scope: 'none',
  },
  'public.transfers': {
    actor: 'pseudonym',
    asset: 'none',
    details_commitment: 'commitment',
    fingerprint: 'personal',
    // Numbers of grants and amounts.
    grants: 'none',
    idempotency_key: 'personal',
    ip: 'personal',
    ip_commitment: 'commitment',
    kind: 'none',
    metadata: 'personal',
    reason: 'personal',
    reference: 'personal',
  },
  'public.usage_allowances': { customer_id: 'pseudonym' },
  'public.usage_billing_findings': {
    customer_id: 'pseudonym',
    event_name: 'none',
    kind: 'none',
    subject: 'pseudonym',
    subscription_id: 'pseudonym',
  },
  'public.usage_corrections': {
    customer_id: 'pseudonym',
    id: 'pseudonym',
    metrics: 'personal',
    reason: 'personal',
    report_id: 'personal',
    stripe: 'none',
  },
  // The names of metrics are in the log too; they have the alphabet of a name in a program.
  'public.usage_findings': { customer_id: 'pseudonym', kind: 'none', metric: 'none' },
  'public.usage_meter_events': {
    customer_id: 'pseudonym',
    event_name: 'none',
    id: 'none',
    late_subscription_id: 'pseudonym',
    reason: 'none',
    stripe_customer_id: 'personal',
  },
  'public.usage_meter_hours': {
    customer_id: 'pseudonym',
    event_name: 'none',
    stripe_customer_id: 'personal',
  },
  'public.usage_meter_sums': {
    customer_id: 'pseudonym',
    event_name: 'none',
    stripe_customer_id: 'personal',
  },
  'public.usage_remainders': { asset: 'none', customer_id: 'pseudonym', metric: 'none' },
  'public.usage_reports': {
    charges: 'personal',
    customer_id: 'pseudonym',
    fingerprint: 'personal',
    instance_id: 'personal',
    metered: 'personal',
    metrics: 'personal',
    report_id: 'personal',
  },
  'public.usage_totals': { customer_id: 'pseudonym', metric: 'none', period: 'none' },
  'public.webhook_deliveries': { attempts: 'none', status: 'none' },
  'public.webhook_endpoints': {
    description: 'none',
    disabled_reason: 'none',
    events: 'none',
    id: 'none',
    owner: 'none',
    previous_key_id: 'none',
    previous_secret: 'none',
    secret: 'none',
    secret_key_id: 'none',
    status: 'none',
    terms: 'none',
    url: 'none',
  },
}

const OF_NO_TEXT = [
  'bigint',
  'integer',
  'smallint',
  'boolean',
  'numeric',
  'double precision',
  'date',
]

test('whether a column can hold something personal has been decided for each', async (t) => {
  const database = await createDatabase()
  t.after(() => database.drop())
  const types = [...OF_NO_TEXT, 'timestamp with time zone'].map((type) => `'${type}'`).join()
  const columns = await query<{ column: string }[]>(
    database,
    `select format('%s.%s.%s', table_schema, table_name, column_name) as column
     from information_schema.columns join information_schema.tables using (table_schema, table_name)
     where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')
       and data_type not in (${types})`,
  )
  assert.ok(columns.length > 0)
  const decided = Object.entries(COLUMNS).flatMap(([table, names]) =>
    Object.keys(names).map((name) => `${table}.${name}`),
  )
  assert.deepEqual(columns.map(({ column }) => column).toSorted(), decided.toSorted())
})
