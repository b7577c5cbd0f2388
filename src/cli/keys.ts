import { keyPeppers } from '../customers/api-keys/peppers.ts'
import { issueKey, revokeKey } from '../customers/api-keys/service.ts'
import { AS, actorAs } from './actor.ts'
import { command } from './command.ts'
import { ownConfig, withDatabase } from './means.ts'

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

export const keysRevoke = command({
  name: 'keys revoke',
  summary: 'revoke an API key',
  details: 'Every process of the service refuses it within a second.',
  operands: ['customer_id', 'key_id'],
  options: AS,
  run: async ({ operands: [customerId, keyId], options }) => {
    const actor = actorAs(options)
    await withDatabase((db) => revokeKey(db, actor, { customerId, keyId }))
    return { text: `Revoked ${keyId}.\n` }
  },
})
