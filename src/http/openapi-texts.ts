export const SERVICE_DESCRIPTION = `Self-hosted billing, locked from the first request.

**Guides:** [first steps](/docs/guides/start), [money](/docs/guides/money), [charging in bulk](/docs/guides/bulk),
[repeating a call](/docs/guides/idempotency), [usage](/docs/guides/usage),
[licences](/docs/guides/licences), [Stripe](/docs/guides/webhooks), [events](/docs/guides/events),
[the audit log](/docs/guides/audit), [who may do what](/docs/guides/access), [changing secrets](/docs/guides/rotation),
[clients](/docs/guides/clients), [errors by code](/docs/guides/errors).

**Scopes.** A customer's own instance sends its API key in \`X-API-Key\`; operators send
\`Authorization: Bearer <token>\`; your other services send \`X-INTERNAL-TOKEN\`; Stripe signs
its webhooks. Each credential opens only its own scope, and there only the calls for which it has the permission:
\`x-permission\` of each operation, or \`x-scope\` for a key.

**Amounts** are whole numbers of the asset's smallest unit: with \`USD/2\`, 500 is 5 dollars.

**Idempotency.** Give every call that moves money an \`Idempotency-Key\`. Repeating the same request with
the same key returns the first answer, with \`Idempotent-Replayed: true\`, and moves nothing.

**Unknown outcomes.** After a 503 \`OUTCOME_UNKNOWN\` the call may have happened. The answer has the
\`idempotency_key\` or \`report_id\` with which you can repeat the call so that it happens once, or the id of what may
have been issued. After any other 5xx nothing is stored.

**Lists** are newest first. Send \`next_cursor\` back as \`cursor\`, with the same filters, for the next
page; it is null on the last one.

**Limits.** Answers to counted calls show your limit in \`ratelimit-limit\`, \`ratelimit-remaining\` and
\`ratelimit-reset\` (seconds); beyond it a call is a 429 with \`Retry-After\`. Calls without a valid credential are
counted separately, so that a stranger's calls never use up yours. Revoking, suspending and freezing have no limit
for a valid credential.

**Queries.** An integer is decimal digits, a boolean \`true\` or \`false\`, and each parameter is given once. A
parameter that a call with a credential does not have is a 400, like an unknown field of a body.

**Paths and methods.** An unknown path is a 404 \`NOT_FOUND\`, and another method of a known one a 405
\`METHOD_NOT_ALLOWED\` with \`Allow\`, with or without a credential. A number in a body has at most 64 characters.

**Errors** have one shape everywhere; decide by \`code\`, which is stable. Every answer has the header
\`x-request-id\`, and the log has the same id.`

/** In the order of the page: the most used first. */
export const TAGS = [
  {
    name: 'Customer',
    description: "A customer's own instance, with its API key: usage, licences, subscriptions.",
  },
  {
    name: 'Internal',
    description: "Your other services, with the internal token: your users' accounts and money.",
  },
  {
    name: 'Admin',
    description: 'Operators, with the admin token: customers, keys, plans, licences, usage, audit.',
  },
  { name: 'Public', description: 'Anyone: health, public keys, revoked licences.' },
  { name: 'Stripe', description: 'Signed webhooks.' },
  { name: 'Events', description: 'Signed events that are sent to your own endpoints.' },
]

/** For operations whose summary is not enough, by operation id. */
export const OPERATION_DESCRIPTIONS: Readonly<Record<string, string>> = {
  createCustomer: 'Only this answer contains the API key, because only its hash is stored.',
  updateCustomer: 'Other fields stay unchanged. Suspending takes effect within a second.',
  exportCustomer:
    'One JSON document, for the person behind the customer. It is sent while it is read, and has no ' +
    'size limit. It contains no key and no licence token. If something fails, the connection is ' +
    'cut, and what has arrived is invalid JSON; ask again.',
  eraseCustomer:
    'The customer’s keys are refused within a second, its licences are on the revocation ' +
    'list, and Stripe deletes its own customer with the subscription. Only the sums of the ' +
    'usage remain, under the id, which is a pseudonym from then on. The account that has paid ' +
    'for the customer’s usage, if there is one, is erased too; if it has funds, that requires ' +
    '`force`. Repeating the call continues the erasure, and is a 404 once it is complete. ' +
    'Every other call answers that there is no such customer.',
  getMe: 'A customer can check its key with this call, and see when the key expires.',
  rotateApiKey:
    'The answer has a new key, with the name of the old one. The old key works until ' +
    '`overlap_seconds` have passed; without an overlap it ends at once.',
  revokeApiKey: 'Revoking a key again changes nothing and is a 204 too.',
  openAccount:
    'The answer is a 201 for a new account, and a 200 when the user has one with the same tier and ' +
    'asset. Without `asset` the account has the default one, which `FUNDS_ASSET` sets.',
  exportAccount:
    'One JSON document: the account, its transfers with all notes on them, holds, payments, and ' +
    'Stripe’s events about them. If something fails, the connection is cut, and what has arrived is ' +
    'invalid JSON; ask again.',
  eraseAccount:
    'The transfers stay, because the ledger and the law need them, under a pseudonym and without ' +
    'reason, reference, metadata, key and address. The user may open a new account afterwards. What ' +
    'Stripe takes back of a top-up later is booked under the pseudonym. Repeating the call after ' +
    'the erasure is a 404, because nothing is left that identifies the user.',
  deduct: 'If the available funds do not cover a charge, all of it is refused.',
  topUp: 'Also works for a frozen account, which refuses only deducts and new holds.',
  createHold:
    'The amount stays in the balance but is no longer available, until the hold is captured, ' +
    'released or expires.',
  captureHold: 'Repeating the capture returns the first answer.',
  releaseHold: 'Repeating the release returns the first answer.',
  issueLicense:
    'Without `plan` the licence is for the customer’s own plan; with null it is for none. ' +
    '`features` and `limits` replace those of the plan. Without `expires_at` it is valid for the ' +
    'plan’s `license_days`, or 30. No subscription changes or ends it.',
  revokeLicense:
    'Revoking a licence again changes nothing. A subscription’s licence stays revoked until the ' +
    'next period is paid or its plan changes.',
  listLicenses:
    'Cheap to poll: send the `etag` back as `If-None-Match`, and the answer is a 304 as long as ' +
    'nothing has changed. Each `token` verifies offline, with the keys of `/.well-known/jwks.json`. A ' +
    'page has up to 200 licences, and fewer where their features are long.',
  getEntitlement:
    'A customer is entitled if a licence has the name as a feature that is on, or as a limit. Of ' +
    'several licences the most generous counts.',
  getRevocations:
    'A revocation is on the list within a second. The list is signed again every minute.',
  getHealth: 'A 503 means that the database does not answer.',
  getLiveness: 'Does not query the database. Use it to decide whether to restart the process.',
  getReadiness:
    'A 503 while the service shuts down or the database does not answer. Use it to decide whether ' +
    'to send requests to this process.',
}

/** In the order of the page's dialog, which opens at its end. */
export const SECURITY_SCHEMES = {
  StripeSignature: {
    type: 'apiKey',
    in: 'header',
    name: 'Stripe-Signature',
    description: 'Made by Stripe from the body and `STRIPE_WEBHOOK_SECRET`: `t=…,v1=…`.',
  },
  CustomerApiKey: {
    type: 'apiKey',
    in: 'header',
    name: 'X-API-Key',
    description: "For a customer's own instance: the `api_key` shown when the key was made.",
  },
  InternalToken: {
    type: 'apiKey',
    in: 'header',
    name: 'X-INTERNAL-TOKEN',
    description:
      'For your other services: a token of their own, or the value of `INTERNAL_SERVICE_TOKEN`. In development that is in ' +
      'the file `.data/secrets/INTERNAL_SERVICE_TOKEN`.',
  },
  AdminToken: {
    type: 'http',
    scheme: 'bearer',
    description:
      'For operators and scripts: a token of their own, or the value of `ADMIN_API_TOKEN`. In development that is in ' +
      'the file `.data/secrets/ADMIN_API_TOKEN`.',
  },
} as const

export const EXAMPLE_REQUEST_ID = '0b9f3c52-8d1e-4f7a-9a63-5e2c7d41b806'

export const REPLAYED_HEADER = {
  'Idempotent-Replayed': {
    type: 'string',
    enum: ['true'],
    description:
      'Present when the key had been used for this request: the answer is the first one.',
  },
}

export const RETRY_AFTER_HEADER = {
  'Retry-After': { type: 'integer', description: 'Seconds to wait before trying again.' },
}

export const LIMIT_HEADERS = {
  ...RETRY_AFTER_HEADER,
  'ratelimit-limit': { type: 'integer', description: 'Requests allowed in the window.' },
  'ratelimit-remaining': { type: 'integer', description: 'Requests left in it.' },
  'ratelimit-reset': { type: 'integer', description: 'Seconds until the next window.' },
}

/** For the document only: a Stripe event is read as bytes, and checked by its signature. */
export const STRIPE_EVENT = {
  title: 'StripeEvent',
  type: 'object',
  required: ['id', 'type', 'created', 'livemode'],
  properties: {
    id: { type: 'string' },
    type: { type: 'string' },
    created: { type: 'integer' },
    livemode: { type: 'boolean' },
  },
  additionalProperties: true,
  description: 'An event as Stripe sends it, byte for byte as it was signed.',
  examples: [
    {
      id: 'evt_1Nk0PqL2eZvKYlo2',
      object: 'event',
      api_version: '2025-03-31.basil',
      created: 1_795_483_800,
      type: 'customer.updated',
      livemode: false,
      data: { object: { id: 'cus_9s6XKzkNRiz8i3', object: 'customer' } },
    },
  ],
}
