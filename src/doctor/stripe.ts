import { Stripe } from 'stripe'
import { connect } from '../stripe/client.ts'
import { EVENT_TYPES } from '../stripe/event-types.ts'
import { type Facts, type Group, type Line, failure, pass, unseen, warning } from './check.ts'

const WEBHOOK_PATH = '/api/webhooks/stripe'

/** The secrets, and Stripe's own view of them. */
export const stripe: Group = {
  title: 'Stripe',
  examine: async ({ config }) => {
    if (config.stripe === null) return [pass('stripe', 'not used: calls that need it answer 503')]
    const { secretKey, webhookSecrets } = config.stripe
    return [mode(secretKey), ...webhookSecret(webhookSecrets), ...(await account(config.stripe))]
  },
}

/** A missing secret is reported among the settings' faults. */
function webhookSecret(secrets: readonly string[]): Line[] {
  if (secrets.length === 0) return []
  if (secrets.every((secret) => secret.startsWith('whsec_'))) {
    return [pass('STRIPE_WEBHOOK_SECRET', 'set: only what Stripe signed gets in')]
  }
  const advice = 'copy it from the endpoint in the dashboard'
  return [failure('STRIPE_WEBHOOK_SECRET', 'does not begin with whsec_', advice)]
}

function mode(secretKey: string): Line {
  const [, kind, ofMode] = /^(sk|rk)_(live|test)_/.exec(secretKey) ?? []
  if (kind === undefined) {
    return failure('STRIPE_SECRET_KEY', 'is no secret key of Stripe', 'it begins with sk_ or rk_')
  }
  if (ofMode === 'live') {
    return pass('STRIPE_SECRET_KEY', kind === 'rk' ? 'live mode, restricted' : 'live mode')
  }
  return warning('STRIPE_SECRET_KEY', 'of test mode: no real money comes in', 'use a live key')
}

async function account(config: NonNullable<Facts['config']['stripe']>): Promise<Line[]> {
  try {
    const list = await connect(config).webhookEndpoints.list({ limit: 100 })
    return [pass('reachable', 'Stripe answers and takes the key'), endpoint(list.data)]
  } catch (error) {
    if (error instanceof Stripe.errors.StripeAuthenticationError) {
      return [failure('reachable', 'Stripe refuses the key', 'make a new one in the dashboard')]
    }
    if (error instanceof Stripe.errors.StripePermissionError) {
      const reason = 'the restricted key may not list webhook endpoints'
      return [
        pass('reachable', 'Stripe answers and takes the key'),
        unseen('endpoint', reason, 'see them in the dashboard: Developers, Webhooks'),
      ]
    }
    return [
      warning('reachable', 'Stripe does not answer', 'let the service out to api.stripe.com:443'),
    ]
  }
}

function endpoint(all: readonly Stripe.WebhookEndpoint[]): Line {
  const ours = all.filter(({ url, status }) => url.endsWith(WEBHOOK_PATH) && status === 'enabled')
  if (ours.length === 0) {
    const advice = `add one in the dashboard: https://<your host>${WEBHOOK_PATH}`
    return failure('endpoint', `none that is enabled ends in ${WEBHOOK_PATH}`, advice)
  }
  if (ours.some(({ url }) => !url.startsWith('https:'))) {
    return failure('endpoint', 'is not https', 'change its URL in the dashboard')
  }
  const sent = new Set<string>(ours.flatMap((one) => one.enabled_events))
  const missing = EVENT_TYPES.filter((type) => !sent.has(type) && !sent.has('*'))
  if (missing.length === 0) return pass('endpoint', 'enabled, and sends what is needed')
  return failure('endpoint', `does not send ${missing.join(', ')}`, 'add them in the dashboard')
}
