import { Agent, request } from 'node:http'
import { newApiKey } from '../../src/customers/api-keys/format.ts'
import { checksum62, randomBase62 } from '../../src/encoding/ids.ts'
import { type Row, type Samples, median } from './report.ts'

const SAMPLES = 2_000
const APART_MS_MAX = 1

type Call = (
  path: string,
  headers: Record<string, string>,
) => Promise<{ status: number; text: string }>

/**
 * Whether the time of a refusal tells why: 2,000 samples of each kind, one after the other in turns.
 * What is looked up is compared with each other, and so is what is not.
 */
export async function measureRefusals(
  origin: string,
  adminToken: string,
  samples: Samples,
): Promise<Row[]> {
  const call = caller(origin)
  const admin = { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' }
  const post = async (path: string, body: object) => {
    const response = await fetch(origin + path, {
      method: 'POST',
      headers: admin,
      body: JSON.stringify(body),
    })
    return response.json() as Promise<{ api_key: string; customer: { customer_id: string } }>
  }
  const ada = await post('/api/customers', { email: 'ada@example.com' })
  const bob = await post('/api/customers', { email: 'bob@example.com' })
  const [adaId, bobId] = [ada.customer.customer_id, bob.customer.customer_id]
  const revoked = (await post(`/api/customers/${adaId}/api-keys`, {})).api_key
  const keyId = (key: string) => key.slice(22, 30)
  await fetch(`${origin}/api/customers/${adaId}/api-keys/${keyId(revoked)}`, {
    method: 'DELETE',
    headers: { authorization: admin.authorization },
  })
  const checked = (text: string) => text + checksum62(text)
  const withKey = (key: string) => call('/api/me', { 'x-api-key': key })
  const own = (customerId: string) =>
    call(`/api/subscriptions/${customerId}`, { 'x-api-key': ada.api_key })

  const keys = {
    'unknown key id': () => withKey(newApiKey(adaId).apiKey),
    'unknown customer': () => withKey(newApiKey(`cust_${randomBase62(16)}`).apiKey),
    'wrong secret': () => withKey(checked(`${adaId}_${keyId(ada.api_key)}${randomBase62(32)}`)),
    revoked: () => withKey(revoked),
    "another customer's key id": () =>
      withKey(checked(`${bobId}_${keyId(ada.api_key)}${ada.api_key.slice(30, -6)}`)),
  }
  const customers = {
    'foreign customer': () => own(bobId),
    'unknown customer id': () => own(`cust_${randomBase62(16)}`),
  }
  return [
    await compare('refused API keys', 401, keys, samples),
    await compare('foreign and unknown customers', 404, customers, samples),
  ]
}

async function compare(
  what: string,
  status: number,
  kinds: Record<string, () => Promise<{ status: number; text: string }>>,
  samples: Samples,
): Promise<Row> {
  for (let n = 0; n < SAMPLES; n++) {
    for (const [kind, ask] of Object.entries(kinds)) {
      const begun = performance.now()
      const answer = await ask()
      const tookMs = performance.now() - begun
      if (answer.status !== status) throw new Error(`${kind}: ${answer.status} ${answer.text}`)
      const all = samples.get(`refusal: ${kind}, ms`)
      if (all === undefined) samples.set(`refusal: ${kind}, ms`, [tookMs])
      else all.push(tookMs)
    }
  }
  const medians = Object.keys(kinds).map((kind) => median(samples.get(`refusal: ${kind}, ms`)))
  const apart = Math.max(...medians) - Math.min(...medians)
  return {
    what: `medians of ${what} apart (${Object.keys(kinds).join(', ')})`,
    value: `${apart.toFixed(3)} ms (${medians.map((ms) => ms.toFixed(2)).join(', ')})`,
    target: `< ${APART_MS_MAX} ms`,
    met: apart < APART_MS_MAX,
  }
}

/** On one connection, so that no sample waits for another. */
function caller(origin: string): Call {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  return (path, headers) =>
    new Promise((resolve, reject) => {
      const call = request(origin + path, { agent, headers }, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (part: string) => (text += part))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      })
      call.on('error', reject)
      call.end()
    })
}
