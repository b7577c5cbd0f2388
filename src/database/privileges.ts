/**
 * What the service does with each table and view, as GRANT has it: all that its role may do. The tables
 * belong to another role, which migrates. A lock of rows (`for update`, `for share`) needs UPDATE on
 * some column, so a table whose rows are locked and never changed has one that nothing depends on.
 */
export const PRIVILEGES: Readonly<Record<string, string>> = {
  accounts: 'select, insert, update',
  api_key_calls: 'select, insert, update, delete',
  api_keys: 'select, insert, update',
  audit_checkpoints: 'select, insert',
  audit_personal: 'select, insert, delete',
  audit_places: 'select, insert',
  audit_queue: 'select, insert, delete',
  audit_records: 'select, insert',
  audit_terms: 'select, insert',
  audit_tiles: 'select, insert, update',
  auto_top_up_intents: 'select, insert, update',
  auto_top_ups: 'select, insert, update, delete',
  base_plans_past: 'select, insert, update, delete',
  budgets: 'select, insert, update, delete',
  customers: 'select, insert, update',
  erased_stripe_customers: 'select, insert',
  erasures: 'select, insert, update, delete',
  event_counter: 'select, update',
  event_outbox: 'select, insert, update, delete',
  events: 'select, insert, update, delete',
  events_told: 'select, insert, delete',
  grants: 'select, insert, update',
  holds: 'select, insert, update',
  job_pools: 'select, insert, delete',
  licenses: 'select, insert, update',
  plan_prices: 'select, insert, update',
  plan_prices_past: 'select, insert, delete',
  plans: 'select, insert, update',
  plans_past: 'select, insert, delete',
  price_meanings: 'select',
  published_log: 'select, insert, update',
  saved_payment_methods: 'select, insert, update, delete',
  sessions: 'select, insert, update, delete',
  stripe_customers: 'select, insert, delete',
  stripe_events: 'select, insert, update',
  stripe_payments: 'select, insert, update',
  stripe_takings: 'select, insert, update',
  subscription_plans: 'select',
  subscriptions: 'select, insert, update, delete',
  subscriptions_past: 'select, insert, update, delete',
  token_sums: 'select, insert, update',
  tokens: 'select, insert, update',
  // What the erasure of a person takes out of a closed account's transfers, which a trigger watches.
  transfers:
    'select, insert, update (reason, reference, metadata, ip, idempotency_key, fingerprint, ip_commitment, details_commitment)',
  usage_allowances: 'select, insert, update, delete',
  usage_billing_findings: 'select, insert, update, delete',
  usage_corrections: 'select, insert, update, delete',
  usage_findings: 'select, insert, delete',
  usage_meter_events: 'select, insert, update, delete',
  usage_meter_hours: 'select, insert, update, delete',
  usage_meter_sums: 'select, insert, update, delete',
  usage_remainders: 'select, insert, update, delete',
  usage_reports: 'select, insert, update (received_at), delete',
  usage_retention: 'select, update',
  usage_totals: 'select, insert, update, delete',
  webhook_deliveries: 'select, insert, update, delete',
  webhook_endpoints: 'select, insert, update, delete',
  'drizzle.__drizzle_migrations': 'select',
  'graphile_worker._private_job_queues': 'select, insert, update, delete',
  'graphile_worker._private_jobs': 'select, insert, update, delete',
  'graphile_worker._private_known_crontabs': 'select, insert, update',
  'graphile_worker._private_tasks': 'select, insert, delete',
  'graphile_worker.jobs': 'select',
  'graphile_worker.migrations': 'select',
}

/** The schemas that these are in; each may be used, and nothing may be made in it. */
export const SCHEMAS = ['public', 'drizzle', 'graphile_worker'] as const

export interface Privilege {
  schema: string
  table: string
  /** `SELECT` and so on. */
  act: string
  /** Null: of the whole table. */
  column: string | null
}

/** The list, one privilege on one table or column each. */
export function privilegesOf(list: Readonly<Record<string, string>> = PRIVILEGES): Privilege[] {
  return Object.entries(list).flatMap(([name, text]) => {
    const [table = '', schema = 'public'] = name.split('.').toReversed()
    return [...text.matchAll(/(\w+)(?: \(([^)]*)\))?/g)].flatMap(([, act = '', columns]) =>
      (columns?.split(', ') ?? [null]).map((column) => {
        return { schema, table, act: act.toUpperCase(), column }
      }),
    )
  })
}

/** As `schema.table act (column)`: what two are the same by. */
export function describePrivilege({ schema, table, act, column }: Privilege): string {
  const name = schema === 'public' ? table : `${schema}.${table}`
  return column === null ? `${act} on ${name}` : `${act} of ${name}.${column}`
}
