import type postgres from 'postgres'

/**
 * Accounts `user-1`, `user-2`, … with funds for any number of deducts of 1, and as many `other-1` and so on, which are
 * charged behind the service's back: it remembers its own.
 */
export async function openUsers(sql: postgres.Sql, count: number): Promise<void> {
  await sql`
    insert into accounts (system, asset)
    select unnest(array['adjustments', 'breakage', 'holds', 'revenue', 'stripe']), 'USD/2'
    on conflict do nothing`
  await sql`
    insert into accounts (user_id, asset, tier, balance, seq)
    select prefix || n, 'USD/2', 'pro', 1000000000000, 1
    from generate_series(1, ${count}::int) n, unnest(array['user-', 'other-']) prefix
    on conflict do nothing`
}

/** As many accounts `granted-1` and so on, with a grant each, and `budgeted-1` and so on, with three budgets. */
export async function openControlledUsers(sql: postgres.Sql, count: number): Promise<void> {
  await sql`
    with opened as (
      insert into accounts (user_id, asset, tier, balance, seq, granted, grant_count)
      select 'granted-' || n, 'USD/2', 'pro', 1000000000000, 1, 1000000000000, 1
      from generate_series(1, ${count}::int) n
      on conflict do nothing returning id
    )
    insert into grants (account_id, seq, transfer_seq, amount, remaining, priority, status,
      expires_at, created_at, is_open)
    select id, 1, 1, 1000000000000, 1000000000000, 50, 'active', now() + interval '30 days', now(), true
    from opened`
  await sql`
    with opened as (
      insert into accounts (user_id, asset, tier, balance, seq, budget_count)
      select 'budgeted-' || n, 'USD/2', 'pro', 1000000000000, 1, 3
      from generate_series(1, ${count}::int) n
      on conflict do nothing returning id
    )
    insert into budgets (account_id, id, amount, "window", time_zone, mode, alert_at, used,
      window_start, resets_at, since_seq, alerted)
    select id, one.name, 1000000000000, one.name, 'UTC', 'hard', '{80}', 0,
      date_trunc(one.unit, now()), date_trunc(one.unit, now()) + one.length, 0, 0
    from opened cross join (values
      ('hour', 'hour', interval '1 hour'), ('day', 'day', interval '1 day'), ('month', 'month', interval '1 month')
    ) as one (name, unit, length)`
}

/** Further transfers until so many are stored, evenly over the accounts. */
export async function fillLedger(sql: postgres.Sql, count: number): Promise<void> {
  const [found] = await sql<{ stored: bigint; users: bigint }[]>`
    select (select count(*) from transfers) as stored,
      (select count(*) from accounts where user_id is not null) as users`
  const rounds = Math.ceil((count - Number(found?.stored)) / Number(found?.users))
  for (let done = 0; done < rounds; done += 50) {
    await sql`
      with moved as (
        update accounts set seq = seq + ${Math.min(50, rounds - done)}::int
        where user_id is not null
        returning id, seq, asset, balance
      )
      insert into transfers (
        account_id, seq, debit_account_id, credit_account_id, asset, amount, kind, balance_after,
        held_after, available_after, idempotency_key, fingerprint, actor, created_at
      )
      select moved.id, moved.seq - n, moved.id, s.id, moved.asset, 1, 'deduct', moved.balance, 0,
        moved.balance, gen_random_uuid()::text, sha256('1'), 'bench', clock_timestamp()
      from moved
      cross join generate_series(0, ${Math.min(50, rounds - done)}::int - 1) n
      join accounts s on s.system = 'revenue' and s.asset = moved.asset`
  }
  await sql`vacuum analyze`
}

/** Where reports are sent: to a route that does nothing, and to that of the service. */
const REPORTS = ['/empty/usage/report', '/api/usage/report']

/** Customers of a plan with a limit, each by a key that the routes for reports know already. */
export async function createCustomers(
  origin: string,
  adminToken: string,
  count: number,
  reports: readonly string[] = REPORTS,
): Promise<string[]> {
  const call = async (
    method: string,
    path: string,
    headers: Record<string, string>,
    body?: object,
  ) => {
    const json = { ...headers, 'content-type': 'application/json' }
    const init = body === undefined ? { headers } : { headers: json, body: JSON.stringify(body) }
    const response = await fetch(origin + path, { method, ...init })
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status}`)
    return (await response.json()) as { api_key: string }
  }
  const admin = { authorization: `Bearer ${adminToken}` }
  const plan = { name: 'Bench', features: {}, limits: { 'api.calls': 1_000_000_000_000 } }
  await call('PUT', '/api/plans/bench', admin, plan)
  const apiKeys: string[] = []
  for (let n = 1; n <= count; n++) {
    const customer = { email: `customer-${n}@example.com`, plan: 'bench' }
    const { api_key: apiKey } = await call('POST', '/api/customers', admin, customer)
    for (const path of reports) {
      await call('POST', path, { 'x-api-key': apiKey }, { metrics: { 'api.calls': 1 } })
    }
    apiKeys.push(apiKey)
  }
  return apiKeys
}

/** A token of the database that may read accounts. */
export async function createToken(origin: string, adminToken: string): Promise<string> {
  const answer = await fetch(`${origin}/api/tokens`, {
    method: 'POST',
    headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'bench', scope: 'internal', permissions: ['accounts:read'] }),
  })
  if (answer.status !== 201) throw new Error(`No token was issued: ${answer.status}`)
  return ((await answer.json()) as { token: string }).token
}
