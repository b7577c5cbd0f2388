export const SERVICE_DESCRIPTION = `Self-hosted billing, locked from the first request.

**Scopes.** A customer's own instance sends its API key in \`X-API-Key\`; operators send
\`Authorization: Bearer <ADMIN_API_TOKEN>\`; your other services send \`X-INTERNAL-TOKEN\`; Stripe signs
its webhooks. A credential of one scope is worth nothing in another.

**Money** is an integer in the smallest unit of its asset: with \`USD/2\`, 500 is 5 dollars.

**Idempotency.** Give every call that moves money an \`Idempotency-Key\`. Repeating the same request with
the same key answers what the first one answered, with \`Idempotent-Replayed: true\`, and moves nothing.

**Errors** have one shape everywhere; decide by \`code\`, which is stable.`

export const TAGS = [
  { name: 'Service', description: 'Public: health and documents.' },
  { name: 'Customers', description: 'Admin: the companies whose instances call this service.' },
  { name: 'API keys', description: 'Admin: keys of customers. Customer: whose key this is.' },
  { name: 'Accounts', description: "Internal: your users' accounts." },
  { name: 'Money', description: 'Internal: what moves money between accounts.' },
  { name: 'Webhooks', description: 'Stripe: signed events.' },
]
