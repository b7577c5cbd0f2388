import { money } from '../shared/format.ts'
import { hrefOf } from '../shared/router.tsx'
import { type Permission, api, may } from './session.ts'

export interface Hit {
  kind: string
  title: string
  detail: string
  href: string
}

interface Lookup {
  what: string
  needs: Permission
  fits: (text: string) => boolean
  find: (text: string, signal: AbortSignal) => Promise<Hit[]>
}

const API_KEY = /^(cust_[0-9A-Za-z]{16})_([0-9A-Za-z]{8})[0-9A-Za-z]{38}$/
const TOKEN = /^srt_(?:adm|int)_([0-9A-Za-z]{12})[0-9A-Za-z]{38}$/
const USER_ID = /^[A-Za-z0-9._:@-]{1,128}$/
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/
const LINE = /^\P{Cc}{1,255}$/u

/**
 * Where a search leads. A whole key or token is a secret: of it only the id goes into the address.
 */
export function searchHref(text: string): string {
  const [, customerId, keyId] = API_KEY.exec(text) ?? []
  if (customerId !== undefined) return keyHref(customerId, keyId)
  const [, tokenId] = TOKEN.exec(text) ?? []
  if (tokenId !== undefined) return hrefOf(['tokens'], { token: tokenId })
  if (/^cust_[0-9A-Za-z]{16}$/.test(text)) return hrefOf(['customers', text])
  if (/^evt_[0-9A-Za-z_]+$/.test(text)) return hrefOf(['stripe', text])
  return hrefOf(['find'], { q: text })
}

const keyHref = (customerId: string, keyId: string | undefined) =>
  hrefOf(['customers', customerId], { tab: 'keys', key: keyId })

/** Everything that could be meant, and that the token may look at. */
export async function findAll(text: string, signal: AbortSignal): Promise<Hit[]> {
  const fitting = LOOKUPS.filter(({ needs, fits }) => may(needs) && fits(text))
  const found = await Promise.all(fitting.map(({ find }) => find(text, signal)))
  const hits = new Map(found.flat().map((hit) => [hit.href, hit]))
  return [...hits.values()]
}

/** What a search could look at, and may not. */
export function blindFor(text: string): string[] {
  return LOOKUPS.filter(({ needs, fits }) => !may(needs) && fits(text)).map(({ what }) => what)
}

const LOOKUPS: readonly Lookup[] = [
  {
    what: 'accounts',
    needs: 'funds:read',
    fits: (text) => USER_ID.test(text),
    find: async (text, signal) => {
      const query = { user_id_prefix: text, limit: 10 }
      const { data, next_cursor: next } = await api('listFundsAccounts', query, { signal })
      const hits = data.map(({ user_id: id, balance, asset, status }) => ({
        kind: 'Account',
        title: id,
        detail: `${money(balance, asset)}${status === 'active' ? '' : `, ${status}`}`,
        href: hrefOf(['accounts', id]),
      }))
      return [...hits, ...more(next, 'Account', hrefOf(['accounts'], { user: text }))]
    },
  },
  ...(['reference', 'idempotency_key'] as const).map((field): Lookup => ({
    what: 'charges',
    needs: 'funds:read',
    fits: (text) => (field === 'reference' ? LINE : IDEMPOTENCY_KEY).test(text),
    find: (text, signal) => transfers({ [field]: text }, signal),
  })),
  {
    what: 'charges',
    needs: 'funds:read',
    // A hold has the number of the transfer that made it, and the first of an account tells whose it is.
    fits: (text) => /^(tr|hold|grant)_\d{1,18}_\d{1,18}$|^acct_\d{1,18}$/.test(text),
    find: async (text, signal) => {
      const [kind, account, seq] = text.split('_')
      const isWhole = kind === 'acct' || kind === 'grant'
      const id = `tr_${account}_${isWhole ? '1' : seq}`
      const hits = await transfers({ transfer_id: id }, signal)
      if (!isWhole) return hits
      return hits.map(({ detail, href, ...hit }) => {
        return {
          ...hit,
          kind: 'Account',
          title: detail,
          detail: text,
          href: href.split('?', 1)[0] ?? href,
        }
      })
    },
  },
  {
    what: 'customers',
    needs: 'customers:read',
    fits: (text) => text.includes('@') && text.length <= 254,
    find: (text, signal) => customers({ email: text }, signal),
  },
  {
    what: 'customers',
    needs: 'customers:read',
    fits: (text) => LINE.test(text) && text.length <= 200,
    find: (text, signal) => customers({ external_id: text }, signal),
  },
  {
    what: 'customers',
    needs: 'customers:read',
    fits: (text) => /^(cus|sub)_[0-9A-Za-z_]{1,100}$/.test(text),
    find: (text, signal) => customers({ stripe_id: text }, signal),
  },
  {
    what: 'API keys',
    needs: 'customers:read',
    fits: (text) => /^[0-9A-Za-z]{8}$/.test(text),
    find: async (text, signal) => {
      const { data } = await api('listCustomers', { key_id: text }, { signal })
      return data.map(({ customer_id: id, email }) => {
        return { kind: 'API key', title: text, detail: `of ${email}`, href: keyHref(id, text) }
      })
    },
  },
]

/** Where a list goes on, if it does. */
function more(next: string | null, kind: string, href: string): Hit[] {
  return next === null ? [] : [{ kind, title: 'More like these', detail: 'as a list', href }]
}

async function transfers(
  query: { reference?: string; idempotency_key?: string; transfer_id?: string },
  signal: AbortSignal,
): Promise<Hit[]> {
  const found = await api('findFundsTransfers', { ...query, limit: 20 }, { signal })
  const hits = found.data.map((one) => ({
    kind: 'Movement',
    title: one.reference ?? one.transfer_id,
    detail: one.user_id,
    href: hrefOf(['accounts', one.user_id], { movement: one.transfer_id }),
  }))
  return [...hits, ...more(found.next_cursor, 'Movement', hrefOf(['transfers'], query))]
}

async function customers(
  query: { email?: string; external_id?: string; stripe_id?: string },
  signal: AbortSignal,
): Promise<Hit[]> {
  const found = await api('listCustomers', { ...query, limit: 10 }, { signal })
  const hits = found.data.map(({ customer_id: id, email, company_name: company, plan }) => ({
    kind: 'Customer',
    title: company ?? email,
    detail: [company === null ? id : email, plan].filter(Boolean).join(' · '),
    href: hrefOf(['customers', id]),
  }))
  return [...hits, ...more(found.next_cursor, 'Customer', hrefOf(['customers'], query))]
}
