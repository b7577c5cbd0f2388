import { keyPeppers } from '../customers/api-keys/peppers.ts'
import { parseApiKey } from '../customers/api-keys/format.ts'
import { presentKey } from '../customers/api-keys/present.ts'
import { issueKey, listKeys, revokeKey } from '../customers/api-keys/service.ts'
import { AS, actorAs } from './actor.ts'
import { WrongCall, command, textOfList } from './command.ts'
import { ownConfig, withDatabase } from './means.ts'

const PAGE = 200

export const keysIssue = command({
  name: 'keys issue',
  summary: 'issue an API key and print it; it is shown only once',
  operands: ['customer_id'],
  options: {
    name: { type: 'string', value: 'name', summary: "the key's name in lists" },
    ...AS,
  },
  json: true,
  run: async ({ operands: [customerId], options: { name, as } }) => {
    const actor = actorAs({ as })
    const options = name === undefined ? {} : { name }
    const peppers = keyPeppers(ownConfig().apiKeyPeppers)
    const { apiKey, row } = await withDatabase((db) =>
      issueKey({ db, peppers }, actor, customerId, options),
    )
    return { text: `${apiKey}\n`, json: { api_key: apiKey, key_id: row.id } }
  },
})

export const keysList = command({
  name: 'keys list',
  summary: "list a customer's newest API keys, at most 200",
  operands: ['customer_id'],
  options: {},
  json: true,
  run: async ({ operands: [customerId] }) => {
    const rows = await withDatabase((db) => listKeys(db, customerId, { limit: PAGE, before: null }))
    const keys = rows.slice(0, PAGE).map(presentKey)
    return { text: textOfList(keys.map(describe), 'API keys'), json: { data: keys } }
  },
})

export const keysRevoke = command({
  name: 'keys revoke',
  summary: 'revoke an API key',
  details:
    'Takes the two ids, or instead the whole key, which begins with them. Every process of the service\n' +
    'refuses the key within a second.',
  operands: ['customer_id', 'key_id?'],
  options: AS,
  run: async ({ operands: [first, keyId], options }) => {
    const actor = actorAs(options)
    const key = keyId === undefined ? parseApiKey(first) : { customerId: first, keyId }
    if (key === null) {
      throw new WrongCall('`keys revoke` takes <customer_id> <key_id>, or the whole key alone.')
    }
    await withDatabase((db) => revokeKey(db, actor, key))
    return { text: `Revoked ${key.keyId}.\n` }
  },
})

function describe(key: ReturnType<typeof presentKey>): string {
  const { key_id, name, expires_at, last_used_at, revoked_at } = key
  const state = revoked_at === null ? `expires ${expires_at ?? 'never'}` : `revoked ${revoked_at}`
  return `${[key_id, state, `used ${last_used_at ?? 'never'}`, name ?? '-'].join('  ')}\n`
}
