import { keyPeppers } from '../customers/api-keys/peppers.ts'
import { issueKey, revokeKey } from '../customers/api-keys/service.ts'
import { command } from './command.ts'
import { SYSTEM, ownConfig, withDatabase } from './means.ts'

export const keysIssue = command({
  name: 'keys issue',
  summary: 'issue an API key and print it, this once',
  operands: ['customer_id'],
  options: {
    name: { type: 'string', value: 'name', summary: 'what the key is called in lists' },
  },
  json: true,
  run: async ({ operands: [customerId], options: { name } }) => {
    const options = name === undefined ? {} : { name }
    const peppers = keyPeppers(ownConfig().apiKeyPeppers)
    const { apiKey, row } = await withDatabase((db) =>
      issueKey({ db, peppers }, SYSTEM, customerId, options),
    )
    return { text: `${apiKey}\n`, json: { api_key: apiKey, key_id: row.id } }
  },
})

export const keysRevoke = command({
  name: 'keys revoke',
  summary: 'end an API key',
  details: 'Every process of the service refuses it within a second.',
  operands: ['customer_id', 'key_id'],
  options: {},
  run: async ({ operands: [customerId, keyId] }) => {
    await withDatabase((db) => revokeKey(db, SYSTEM, { customerId, keyId }))
    return { text: `Revoked ${keyId}.\n` }
  },
})
