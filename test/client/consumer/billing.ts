/** A program of somebody else's: it is compiled against the built package, and never run. */
import {
  type ErrorCode,
  type Schemas,
  StrongroomError,
  adminClient,
  customerClient,
  internalClient,
  paginate,
  publicClient,
} from 'strongroom/client'

declare function show(...values: unknown[]): void

const url = 'https://billing.example.com'
const admin = adminClient({ url, token: 'token', retries: 5, timeoutMs: 2_000 })
const customer = customerClient({ url, apiKey: 'cust_…' })
const internal = internalClient({ url, token: 'token' })

export async function rightUsage(): Promise<void> {
  const { customer: created, api_key: apiKey } = await admin.createCustomer({
    email: 'ada@example.com',
    metadata: { crm_id: 'A-17' },
  })
  const plan: string | null = created.plan
  const first: string | null = apiKey
  const signal = AbortSignal.timeout(1_000)
  const movement = await internal.deduct({ user_id: 'ada', amount: 400 }, { signal })
  const available: number = movement.available
  await internal.deduct({ user_id: 'ada', amount: 1 }, { idempotencyKey: 'job-1', retries: 0 })
  await internal.captureHold({ hold_id: 'hold_1_2' })
  await internal.updateAccount({ user_id: 'ada', low_balance_at: null, status: 'frozen' })
  const { status } = await customer.getMe()
  if (status === 'suspended') return
  const receipt: Schemas['UsageReceipt'] = await customer.reportUsage({ metrics: { calls: 1 } })
  const { subscription } = await customer.getSubscription({ customer_id: receipt.customer_id })
  const end: string | null | undefined = subscription?.current_period_end
  const erased = await internal.eraseAccount({ user_id: 'ada', force: true })
  const at: string = 'erased_at' in erased ? erased.erased_at : erased.status
  const forgotten = await admin.eraseCustomer({ customer_id: created.customer_id })
  if (!('erased_at' in forgotten)) show(forgotten.status satisfies 'erasing')
  const event: Schemas['StripeEvent'] = await admin.replayStripeEvent({ event_id: 'evt_1' })
  const sent: undefined = await admin.testWebhookEndpoint({ endpoint_id: 'we_1' })
  const nothing: undefined = await admin.revokeApiKey({ customer_id: 'c', key_id: 'k' })
  const text: string = await admin.getMetrics()
  for await (const transfer of paginate(internal.listTransfers, { user_id: 'ada', limit: 100 })) {
    const kind: Schemas['TransferKind'] = transfer.kind
    show(kind, transfer.balance_after + 1)
  }
  for await (const { email } of paginate(admin.listCustomers, { status: 'active' }))
    show(email.length)
  const { data, response } = await customer.http.GET('/api/licenses/{customer_id}', {
    params: { path: { customer_id: created.customer_id } },
    headers: { 'If-None-Match': '"etag"' },
  })
  show(data?.data[0]?.token, response.headers.get('etag'), await publicClient({ url }).getKeys())
  show(plan, available, first, end, nothing, text, at, event.status, sent)
}

export function explain(error: unknown): string {
  if (!(error instanceof StrongroomError)) throw error
  const code: ErrorCode = error.code
  if (code === 'INSUFFICIENT_FUNDS') return 'top up first'
  if (code === 'CONNECTION_TIMEOUT') return `try again with ${error.idempotencyKey}`
  return `${error.statusCode} ${error.requestId} ${error.details.map(({ path }) => path).join()}`
}

export async function wrongUsage(): Promise<void> {
  // @ts-expect-error a client needs its credential
  customerClient({ url })
  // @ts-expect-error of another scope
  adminClient({ url, apiKey: 'cust_…' })
  // @ts-expect-error calls of another scope are not there
  await customer.deduct({ user_id: 'ada', amount: 1 })
  // @ts-expect-error amounts are numbers
  await internal.deduct({ user_id: 'ada', amount: '400' })
  // @ts-expect-error a field is missing
  await internal.deduct({ user_id: 'ada' })
  // @ts-expect-error there is no such field
  await internal.deduct({ user_id: 'ada', amount: 1, ammount: 1 })
  // @ts-expect-error there is no such status
  await admin.updateCustomer({ customer_id: 'c', status: 'closed' })
  // @ts-expect-error the parameter of the path is missing
  await internal.getBalance({})
  // @ts-expect-error options come second
  await customer.getMe({ signal: AbortSignal.timeout(1) })
  // @ts-expect-error the erasure may not be over
  show((await admin.eraseCustomer({ customer_id: 'c' })).erased_at)
  // @ts-expect-error nor that of an account
  show((await internal.eraseAccount({ user_id: 'ada' })).erased_at)
  // @ts-expect-error there may be no subscription
  show((await customer.getSubscription({ customer_id: 'c' })).subscription.status)
  // @ts-expect-error a list is needed
  for await (const item of paginate(internal.getBalance, { user_id: 'ada' })) show(item)
  try {
    await customer.getMe()
  } catch (error) {
    // @ts-expect-error there is no such code
    if (error instanceof StrongroomError && error.code === 'NO_MONEY') return
  }
}
