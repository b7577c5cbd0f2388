import { readJwks, readRevocations, verifyLicenseFile } from '../licenses/verify-file.ts'
import { openKeyRing } from '../keys/index.ts'
import { command } from './command.ts'
import { snakeFields } from './json.ts'
import { ownConfig } from './means.ts'

export const licenseVerify = command({
  name: 'license verify',
  summary: "verify a licence, with the keys in a file or the service's own",
  details: 'The file contains a token, or an answer of the service with licences.',
  operands: ['file'],
  options: {
    jwks: {
      type: 'string',
      value: 'file',
      summary: 'the public keys, as the service publishes them',
    },
    revocations: { type: 'string', value: 'file', summary: 'the signed list of revoked licences' },
    customer: { type: 'string', value: 'id', summary: 'the customer whose licence it must be' },
  },
  json: true,
  run: async ({ operands: [path], options: { jwks, revocations, customer } }) => {
    const { report, verdicts, isValid } = verifyLicenseFile(path, {
      jwks: jwks === undefined ? (await openKeyRing(ownConfig().keys)).jwks : readJwks(jwks),
      customerId: customer ?? null,
      ...(revocations !== undefined && { revocations: readRevocations(revocations) }),
    })
    return { text: report, json: { licenses: verdicts.map(snakeFields) }, isFinding: !isValid }
  },
})
