import { number } from '../../shared/format.ts'
import { hrefOf } from '../../shared/router.tsx'
import { type Sample, sumOf } from './metrics.ts'
import { type Need, bad, warn, when } from './need.ts'

/** From when on the rules for Prometheus call these late, too. */
const OVERDUE_S = 600
const LAG_S = 300

/** What the service measures of itself, where that says that something is wrong. */
export function measuredNeeds(samples: readonly Sample[]): Need[] {
  return [...ofLedger(samples), ...ofLog(samples), ...ofCounts(samples), ...ofStripe(samples)]
}

function ofLedger(samples: readonly Sample[]): Need[] {
  // Where a worker verifies the ledger, the queue alone says that it failed.
  const isBroken =
    sumOf(samples, 'strongroom_ledger_findings') > 0 ||
    sumOf(samples, 'strongroom_jobs_given_up', { task: 'verify_ledger' }) > 0
  return when(isBroken, bad('The ledger breaks its rules', 'Run strongroom ledger verify.'))
}

function ofLog(samples: readonly Sample[]): Need[] {
  return [
    ...when(
      valuesOf(samples, 'strongroom_audit_behind').includes(1),
      bad(
        'The audit log lacks records that were published',
        'No checkpoint and no receipt is signed. The guide “Let others watch” says what to do.',
      ),
    ),
    ...when(
      valuesOf(samples, 'strongroom_audit_kept').includes(0),
      bad(
        'The state of the audit log can’t be kept',
        'Without a witness nothing new is published. The log of the service says why.',
      ),
    ),
    ...when(
      valuesOf(samples, 'strongroom_audit_quorum').includes(0),
      warn('No quorum of witnesses', 'Checkpoints of the log are published without it.'),
    ),
  ]
}

function ofCounts(samples: readonly Sample[]): Need[] {
  const events = hrefOf(['events'])
  const late = Math.max(...valuesOf(samples, 'strongroom_job_age_seconds'))
  const lag = Math.max(...valuesOf(samples, 'strongroom_webhook_lag_seconds'))
  const counts: [string, Need][] = [
    [
      'strongroom_jobs_given_up',
      bad('Jobs were given up', 'They failed even at their last try; the log says why.'),
    ],
    [
      'strongroom_auth_alarming_addresses',
      warn('Addresses that guess credentials', 'See failed authentication below.'),
    ],
    [
      'strongroom_webhook_endpoints_disabled',
      warn('Endpoints were disabled', 'They get no events until they are enabled again.', events),
    ],
    [
      'strongroom_webhook_deliveries_parked',
      warn('Deliveries of events were given up', 'They wait to be replayed.', events),
    ],
    [
      'strongroom_log_lines_dropped_total',
      warn('Log lines were dropped', 'The standard output was blocked.'),
    ],
  ]
  return [
    ...when(
      valuesOf(samples, 'strongroom_job_processes').includes(0),
      bad('No process runs background jobs', 'Start a worker, or a server with RUN_JOBS=true.'),
    ),
    ...when(late > OVERDUE_S, bad('Jobs are overdue', 'Too few processes run them, or none.')),
    ...when(lag > LAG_S, bad('Events to the outside wait', 'Their workers are late.', events)),
    ...counts.filter(([name]) => sumOf(samples, name) > 0).map(([, need]) => need),
  ]
}

function ofStripe(samples: readonly Sample[]): Need[] {
  const late = ['past_due', 'unpaid'].flatMap((status) => {
    const count = sumOf(samples, 'strongroom_subscriptions', { status })
    const what = `${number(count)} ${count === 1 ? 'subscription is' : 'subscriptions are'} ${status}`
    const href = hrefOf(['customers'], { subscription: status })
    return when(count > 0, warn(what, 'Stripe could not collect what is owed.', href))
  })
  const waiting = sumOf(samples, 'strongroom_stripe_events_pending')
  return [
    ...when(
      sumOf(samples, 'strongroom_subscriptions_duplicate') > 0,
      warn('Customers with two subscriptions to one plan', 'Read GET /api/subscriptions/findings.'),
    ),
    ...when(
      sumOf(samples, 'strongroom_stripe_circuit_open') > 0,
      warn('Calls to Stripe are interrupted', 'Stripe fails or does not answer.'),
    ),
    ...late,
    ...when(
      waiting > 100,
      warn('Stripe’s events wait', `${number(waiting)} have not been applied yet.`),
    ),
  ]
}

function valuesOf(samples: readonly Sample[], name: string): number[] {
  return samples.filter((sample) => sample.name === name).map(({ value }) => value)
}
