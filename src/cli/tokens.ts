import { keyPeppers } from '../customers/api-keys/peppers.ts'
import { dependsOnOwner } from '../auth/identity.ts'
import { integerOf } from '../encoding/integers.ts'
import { presentToken } from '../tokens/present.ts'
import { readWanted } from '../tokens/wanted.ts'
import { issueToken, listTokens, revokeToken, rotateToken } from '../tokens/service.ts'
import { AS, actorAs } from './actor.ts'
import { WrongCall, command, textOfList } from './command.ts'
import { ownConfig, withDatabase } from './means.ts'
import { describeActs, recordsOf } from './token-acts.ts'

const PAGE = 200
const OVERLAP_S_MAX = 2_592_000

export const tokensIssue = command({
  name: 'tokens issue',
  summary: 'issue a token for an operator or a service and print it; it is shown only once',
  details: 'It takes a role or permissions; the guide "Who may do what" has them all.',
  operands: ['name'],
  options: {
    scope: { type: 'string', value: 'scope', summary: 'admin (the default) or internal' },
    role: {
      type: 'string',
      value: 'role',
      summary: "an operator's role, such as owner or support",
    },
    permissions: { type: 'string', value: 'a,b', summary: 'instead of a role' },
    'expires-at': {
      type: 'string',
      value: 'time',
      summary: 'when it expires, such as 2027-12-31T00:00:00Z',
    },
    'allowed-ips': {
      type: 'string',
      value: 'a,b',
      summary: 'addresses and CIDRs from which it may be used',
    },
    'amount-max': { type: 'string', value: 'units', summary: 'the largest amount of one movement' },
    'daily-amount-max': {
      type: 'string',
      value: 'units',
      summary: 'the largest sum in a day',
    },
    ...AS,
  },
  json: true,
  run: async ({ operands: [name], options }) => {
    const actor = actorAs(options)
    const wanted = readWanted({
      name,
      scope: options.scope ?? 'admin',
      role: options.role,
      permissions: listOf(options.permissions),
      expires_at: options['expires-at'],
      allowed_ips: listOf(options['allowed-ips']),
      amount_max: amountOf('amount-max', options['amount-max']),
      daily_amount_max: amountOf('daily-amount-max', options['daily-amount-max']),
    })
    const peppers = keyPeppers(ownConfig().apiKeyPeppers)
    const { token, row } = await withDatabase((db) =>
      issueToken({ db, peppers, actor, maker: null }, wanted),
    )
    return { text: `${token}\n`, json: { token, info: presentToken(row) } }
  },
})

export const tokensList = command({
  name: 'tokens list',
  summary: 'list the newest tokens of operators and services, at most 200',
  operands: [],
  options: {},
  json: true,
  run: async () => {
    const rows = await withDatabase((db) => listTokens(db, { limit: PAGE, before: null }))
    const tokens = rows.slice(0, PAGE).map(presentToken)
    return { text: textOfList(tokens.map(describe), 'tokens'), json: { data: tokens } }
  },
})

export const tokensRotate = command({
  name: 'tokens rotate',
  summary: 'replace a token by another with the same rights and print it; it is shown only once',
  operands: ['token_id'],
  options: {
    'overlap-seconds': {
      type: 'string',
      value: 'seconds',
      summary: 'how long the old one still works; 0 by default',
    },
    ...AS,
  },
  json: true,
  run: async ({ operands: [tokenId], options }) => {
    const actor = actorAs(options)
    const overlap = integerOf(options['overlap-seconds'] ?? '0')
    if (overlap === undefined || overlap < 0 || overlap > OVERLAP_S_MAX) {
      throw new WrongCall(`--overlap-seconds is a whole number from 0 to ${OVERLAP_S_MAX}.`)
    }
    const peppers = keyPeppers(ownConfig().apiKeyPeppers)
    const { token, row } = await withDatabase((db) =>
      rotateToken({ db, peppers, actor, maker: null }, tokenId, overlap * 1_000),
    )
    return { text: `${token}\n`, json: { token, info: presentToken(row) } }
  },
})

export const tokensRevoke = command({
  name: 'tokens revoke',
  summary: 'revoke a token, and show what it did, from the audit log',
  details: 'Every process of the service refuses it within a second.',
  operands: ['token_id'],
  options: AS,
  json: true,
  run: async ({ operands: [tokenId], options }) => {
    const actor = actorAs(options)
    const keepsOwner = dependsOnOwner(ownConfig())
    return withDatabase(async (db, sql) => {
      const row = await revokeToken({ db, actor }, tokenId, keepsOwner)
      const acts = await recordsOf(sql, `${row.scope}:${row.id}`)
      const text = `Revoked ${row.id} (${row.name}).\n${describeActs(acts)}`
      return { text, json: { info: presentToken(row), acts: acts.records, more: acts.more } }
    })
  },
})

function describe(token: ReturnType<typeof presentToken>): string {
  const { token_id, scope, role, permissions, name, expires_at, last_used_at, revoked_at } = token
  const state = revoked_at === null ? `expires ${expires_at ?? 'never'}` : `revoked ${revoked_at}`
  const used = `used ${last_used_at ?? 'never'}`
  return `${[token_id, scope, role ?? permissions.join(','), state, used, name].join('  ')}\n`
}

function listOf(text: string | undefined): string[] | undefined {
  return text?.split(',').map((one) => one.trim())
}

function amountOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const amount = integerOf(text)
  if (amount === undefined || amount < 1) {
    throw new WrongCall(`--${name} is a whole number of the smallest unit, from 1.`)
  }
  return amount
}
