import { deduct, findTransfers, getBalance, openAccount, topUp } from './client.ts'

const user_id = 'orval:ada@example.com'
const LARGEST = Number.MAX_SAFE_INTEGER
declare const process: { env: Record<'STRONGROOM_URL' | 'INTERNAL_SERVICE_TOKEN', string> }
const { STRONGROOM_URL, INTERNAL_SERVICE_TOKEN } = process.env

function check(holds: boolean): asserts holds {
  if (!holds) throw new Error('not as it should be')
}

// Its functions call fetch with a path alone.
const { fetch } = globalThis
globalThis.fetch = (path, init) => fetch(new URL(String(path), STRONGROOM_URL), init)
const headers = { 'X-INTERNAL-TOKEN': INTERNAL_SERVICE_TOKEN }

check((await openAccount({ user_id, tier: 'pro' }, { headers })).status === 201)
const filled = await topUp({ user_id, amount: LARGEST }, { headers })
check(filled.status === 200 && filled.data.balance === LARGEST)

const keyed = { headers: { ...headers, 'Idempotency-Key': 'orval-1' } }
const first = await deduct({ user_id, amount: 400 }, keyed)
const again = await deduct({ user_id, amount: 400 }, keyed)
check(first.status === 200 && again.status === 200 && first.data.balance === LARGEST - 400)
check(first.data.transfer_id === again.data.transfer_id)

const at = first.data.created_at
const then = await getBalance(user_id, { at }, { headers })
check(then.status === 200 && then.data.balance === LARGEST - 400)
const found = await findTransfers({ user_id, kind: 'deduct', from: at }, { headers })
check(found.status === 200 && found.data.data.length === 1)
check(found.data.data[0]?.transfer_id === first.data.transfer_id)

const refused = await deduct({ user_id, amount: LARGEST }, { headers })
check(refused.status === 402 && refused.data.code === 'INSUFFICIENT_FUNDS')
console.log('ok')
