import { isLoopback } from '../database/loopback.ts'
import { VERSION } from '../package/version.ts'
import { certificate } from './certificate.ts'
import { type Facts, type Group, type Line, failure, pass, unseen, warning } from './check.ts'

const TIMEOUT_MS = 4_000

/** A call of each scope that must be refused without its credential. */
const CLOSED = [
  ['customer', 'GET', '/api/me', [401]],
  ['admin', 'GET', '/api/customers', [401]],
  ['metrics', 'GET', '/metrics', [401, 403, 404]],
  ['internal', 'GET', '/balance/doctor', [403, 404]],
  ['stripe', 'POST', '/api/webhooks/stripe', [400, 503]],
] as const

const HEADERS = {
  'content-security-policy': /default-src|frame-ancestors/,
  'x-content-type-options': /^nosniff$/,
  'x-frame-options': /./,
  'referrer-policy': /./,
  'strict-transport-security': /max-age=\d{7,}/,
} as const

/** Calls the service without credentials, and once with the internal token. Changes nothing. */
export const service: Group = {
  title: 'Running service',
  examine: async (facts) => {
    const { origin, isGiven } = facts.service
    const health = await ask(origin, 'GET', '/health').catch(() => null)
    if (health === null) {
      const reason = `nothing answers at ${origin}`
      if (!isGiven) {
        return [unseen('service', reason, 'start it, or name where it is with --url')]
      }
      // A certificate that a client rejects looks like a missing answer.
      const why = origin.startsWith('https:') ? [await certificate(origin)] : []
      return [failure('service', reason, 'start it, or correct --url'), ...why]
    }
    return [
      healthLine(health),
      ...(await encryption(origin)),
      headers(health),
      ...(await closed(origin)),
      await cors(origin),
      ...(await withToken(facts)),
    ]
  },
}

function ask(origin: string, method: string, path: string, init: RequestInit = {}) {
  const signal = AbortSignal.timeout(TIMEOUT_MS)
  return fetch(origin + path, { ...init, method, signal, redirect: 'manual' }).then(
    async (answer) => ({
      status: answer.status,
      headers: answer.headers,
      body: parsed(await answer.text()),
    }),
  )
}

type Answer = Awaited<ReturnType<typeof ask>>

function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return {}
  }
}

function healthLine({ status, body }: Answer): Line {
  const { version } = body
  if (typeof version !== 'string') {
    return failure('health', 'what answers is not Strongroom', 'correct --url, HOST or PORT')
  }
  if (status !== 200) return failure('health', 'says degraded', 'GET /health says what it lacks')
  if (version === VERSION) return pass('health', `ok, version ${version}`)
  const reason = `version ${version} answers, and this is ${VERSION}`
  return warning('health', reason, 'restart the service after an upgrade')
}

async function encryption(origin: string): Promise<Line[]> {
  if (origin.startsWith('https:')) {
    const plain = await ask(
      origin.replace(/^https:/, 'http:').replace(/:443$/, ''),
      'GET',
      '/health',
    ).catch(() => null)
    return [
      await certificate(origin),
      plain === null || plain.status >= 300
        ? pass('plain http', 'is redirected or refused')
        : failure('plain http', 'is answered', 'redirect it to https'),
    ]
  }
  const reason = 'the proxy in front, with its certificate, is not looked at'
  return [unseen('https', reason, '`strongroom doctor --url https://<your host>`')]
}

function headers({ headers: sent }: Answer): Line {
  const missing = Object.entries(HEADERS).filter(([name, form]) => !form.test(sent.get(name) ?? ''))
  if (missing.length > 0) {
    const names = missing.map(([name]) => name).join(', ')
    return failure('security headers', `missing: ${names}`, 'let the proxy pass them on')
  }
  if (sent.has('x-powered-by')) {
    return warning('security headers', 'x-powered-by tells what runs', 'take it out at the proxy')
  }
  return pass('security headers', 'sent: a browser neither frames, sniffs nor runs an answer')
}

async function closed(origin: string): Promise<Line[]> {
  const open: string[] = []
  const shut: string[] = []
  for (const [scope, method, path, refusals] of CLOSED) {
    const answer = await ask(origin, method, path).catch(() => null)
    // A rate limit refuses too.
    const isShut = answer !== null && [...refusals, 429].includes(answer.status)
    if (isShut) shut.push(scope)
    else open.push(`${method} ${path} (${answer?.status ?? 'no answer'})`)
  }
  if (open.length === 0) return [pass('scopes', `closed without a credential: ${shut.join(', ')}`)]
  return [
    failure('scopes', `not refused as it should be: ${open.join(', ')}`, 'take it off the net'),
  ]
}

async function cors(origin: string): Promise<Line> {
  const stranger = { headers: { origin: 'https://stranger.example' } }
  const answer = await ask(origin, 'GET', '/health/live', stranger).catch(() => null)
  const allowed = answer?.headers.get('access-control-allow-origin') ?? null
  if (allowed === null) return pass('cors', 'a foreign origin may not read answers')
  return failure('cors', 'a foreign origin may read answers', 'correct CORS_ORIGINS, or the proxy')
}

/** Only this machine gets the token in plain text. */
export function mayGetToken(origin: string): boolean {
  const { protocol, hostname } = new URL(origin)
  return protocol === 'https:' || isLoopback(hostname)
}

async function withToken({ config, service: { origin } }: Facts): Promise<Line[]> {
  const [token] = config.internalTokens
  if (token === undefined || !mayGetToken(origin)) return []
  const credential = { 'x-internal-token': token }
  const [quoted, unknown] = await Promise.all([
    ask(origin, 'GET', `/balance/${encodeURIComponent("' or '1'='1")}`, { headers: credential }),
    ask(origin, 'POST', '/account', {
      headers: { ...credential, 'content-type': 'application/json' },
      body: JSON.stringify({ user_id: ["doctor'; drop table accounts; --"], admin: true }),
    }),
  ]).catch(() => [])
  if (quoted === undefined || unknown === undefined) {
    return [failure('hostile input', 'is not answered', 'see the log of the service')]
  }
  if (quoted.status === 404 && quoted.body['code'] !== 'ACCOUNT_NOT_FOUND') {
    return [pass('internal paths', 'are not passed on by the proxy')]
  }
  if (quoted.status === 403) {
    const reason = 'the running service does not take this INTERNAL_SERVICE_TOKEN'
    return [failure('internal token', reason, 'restart the service with these settings')]
  }
  if (quoted.status === 400 && unknown.status === 400) {
    return [pass('hostile input', 'a quote in an id and an unknown field are refused')]
  }
  const reason = `answered ${quoted.status} and ${unknown.status} instead of 400`
  return [failure('hostile input', reason, 'report this as a fault')]
}
