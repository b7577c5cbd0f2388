import { client } from './client/client.gen.ts'
import { deduct, findTransfers, getBalance, openAccount, topUp } from './client/index.ts'

const user_id = 'hey-api:ada@example.com'
const LARGEST = Number.MAX_SAFE_INTEGER
declare const process: { env: Record<'STRONGROOM_URL' | 'INTERNAL_SERVICE_TOKEN', string> }
const { STRONGROOM_URL, INTERNAL_SERVICE_TOKEN } = process.env

function check(holds: boolean): asserts holds {
  if (!holds) throw new Error('not as it should be')
}

client.setConfig({ baseUrl: STRONGROOM_URL, auth: INTERNAL_SERVICE_TOKEN })

await openAccount({ body: { user_id, tier: 'pro' }, throwOnError: true })
const filled = await topUp({ body: { user_id, amount: LARGEST }, throwOnError: true })
check(filled.data.balance === LARGEST)

const charge = {
  body: { user_id, amount: 400 },
  headers: { 'Idempotency-Key': 'hey-api-1' },
  throwOnError: true,
} as const
const first = (await deduct(charge)).data
const again = (await deduct(charge)).data
check(first.transfer_id === again.transfer_id && first.balance === LARGEST - 400)

const at = first.created_at
const then = await getBalance({ path: { user_id }, query: { at }, throwOnError: true })
check(then.data.balance === LARGEST - 400)
const query = { user_id, kind: 'deduct', from: at } as const
const found = (await findTransfers({ query, throwOnError: true })).data.data
check(found.length === 1 && found[0]?.transfer_id === first.transfer_id)

const refused = await deduct({ body: { user_id, amount: LARGEST } })
check(refused.response?.status === 402 && refused.error?.code === 'INSUFFICIENT_FUNDS')
console.log('ok')
