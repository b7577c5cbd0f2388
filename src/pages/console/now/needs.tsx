import type { ComponentChildren } from 'preact'
import type { Schemas } from '../../shared/api.ts'
import { number } from '../../shared/format.ts'
import { Show, useLoad } from '../../shared/load.tsx'
import { Link, hrefOf } from '../../shared/router.tsx'
import { Badge, Section } from '../../shared/ui.tsx'
import { api, may, session } from '../session.ts'
import { type Sample, samplesOf, sumOf } from './metrics.ts'

type Finding = Schemas['Checklist']['findings'][number]

interface Need {
  tone: 'bad' | 'warn'
  what: string
  why: string
  href?: string
  /** Its parts, on request. */
  parts?: readonly { name: string; text: string }[]
}

/** Whether all is well, in one line; below it, what is not, the worst first, and where to look. */
export function Needs() {
  const found = useLoad(async (signal) => {
    const [health, samples, checklist, chargedBack, frozen, parkedEvents] = await Promise.all([
      api('getHealth', {}, { signal }),
      may('metrics:read') ? api('getMetrics', {}, { signal }).then(samplesOf) : null,
      may('metrics:read') ? api('getChecklist', {}, { signal }) : null,
      may('funds:read')
        ? api('listFundsAccounts', { flag: 'charged_back', limit: 1 }, { signal })
        : null,
      may('funds:read')
        ? api('listFundsAccounts', { status: 'frozen', limit: 1 }, { signal })
        : null,
      may('events:read')
        ? api('listStripeEvents', { status: 'parked', limit: 50 }, { signal })
        : null,
    ])
    const parked = parkedEvents?.data.length ?? 0
    return [
      ...when(
        health.status !== 'ok',
        bad('The service is not ready', 'The database does not answer.'),
      ),
      ...when(
        parked > 0,
        bad(`${more(parked)} of Stripe parked`, 'They wait to be replayed.', hrefOf(['stripe'])),
      ),
      ...(samples === null ? [] : ofMetrics(samples)),
      ...when(
        (frozen?.data.length ?? 0) > 0,
        warn(
          'Accounts are frozen',
          'They refuse every charge until someone thaws them.',
          hrefOf(['accounts'], { status: 'frozen' }),
        ),
      ),
      ...when(
        (chargedBack?.data.length ?? 0) > 0,
        warn(
          'Accounts charged back',
          'Stripe took money back, below their floor.',
          hrefOf(['accounts'], { flag: 'charged_back' }),
        ),
      ),
      ...checklistNeed(checklist?.findings ?? []),
      ...when(
        session.value?.is_stored === false,
        warn(
          'You are signed in with the token of the environment',
          'Give each operator a token of their own.',
          hrefOf(['tokens']),
        ),
      ),
    ]
  }, [])
  return (
    <Show of={found} lines={2}>
      {(needs) => {
        const worst = needs.some(({ tone }) => tone === 'bad')
          ? 'bad'
          : needs.length > 0
            ? 'warn'
            : 'good'
        return (
          <>
            <p class={`well ${worst}`} role="status">
              <strong>{VERDICTS[worst]}</strong>
              {needs.length > 0 && <span>{number(needs.length)} to look at</span>}
            </p>
            {needs.length > 0 && (
              <Section title="What needs you">
                <ul class="needs">
                  {needs.map((need) => (
                    <li key={need.what}>
                      <Badge tone={need.tone}>{need.tone === 'bad' ? 'now' : 'soon'}</Badge>
                      <div>
                        <strong>{linked(need)}</strong>
                        <p class="faint">{need.why}</p>
                        {need.parts !== undefined && <Parts of={need.parts} />}
                      </div>
                    </li>
                  ))}
                </ul>
              </Section>
            )}
          </>
        )
      }}
    </Show>
  )
}

function Parts({ of }: { of: readonly { name: string; text: string }[] }) {
  return (
    <details>
      <summary>Show them</summary>
      <dl class="parts">
        {of.map(({ name, text }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </details>
  )
}

/** What `strongroom doctor` would fail for, as one line. */
function checklistNeed(findings: readonly Finding[]): Need[] {
  const failed = findings.filter(({ status }) => status === 'failure')
  if (failed.length === 0) return []
  const parts = failed.map(({ check, reason, advice }) => {
    return { name: check, text: advice === undefined ? reason : `${reason}: ${advice}` }
  })
  const count = `${failed.length} ${failed.length === 1 ? 'point' : 'points'}`
  const why = 'strongroom doctor would fail for these, as far as the service itself can see.'
  return [{ ...warn(`The checklist for production has ${count} open`, why), parts }]
}

const VERDICTS = {
  good: 'All is well',
  warn: 'It runs, with open points',
  bad: 'Something needs you now',
}

const bad = (what: string, why: string, href?: string): Need => {
  return { tone: 'bad', what, why, ...(href !== undefined && { href }) }
}
const warn = (what: string, why: string, href?: string): Need => ({
  ...bad(what, why, href),
  tone: 'warn',
})

const when = (holds: boolean, need: Need): Need[] => (holds ? [need] : [])

const more = (count: number) =>
  count >= 50 ? '50 or more events' : `${count} ${count === 1 ? 'event' : 'events'}`

function linked({ what, href }: Need): ComponentChildren {
  return href === undefined ? what : <Link href={href}>{what}</Link>
}

/** What the service counts of itself, where it says that something is wrong. */
function ofMetrics(samples: readonly Sample[]): Need[] {
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
      'strongroom_subscriptions_duplicate',
      warn('Customers with two subscriptions to one plan', 'Read GET /api/subscriptions/findings.'),
    ],
    [
      'strongroom_stripe_circuit_open',
      warn('Calls to Stripe are interrupted', 'Stripe fails or does not answer.'),
    ],
    [
      'strongroom_log_lines_dropped_total',
      warn('Log lines were dropped', 'The standard output was blocked.'),
    ],
  ]
  const found = counts.filter(([name]) => sumOf(samples, name) > 0).map(([, need]) => need)
  // Where a worker verifies the ledger, the queue alone says that it failed.
  const isBroken =
    sumOf(samples, 'strongroom_ledger_findings') > 0 ||
    sumOf(samples, 'strongroom_jobs_given_up', { task: 'verify_ledger' }) > 0
  const ledger = bad('The ledger breaks its rules', 'Run strongroom ledger verify.')
  found.unshift(...when(isBroken, ledger))
  for (const status of ['past_due', 'unpaid']) {
    const late = sumOf(samples, 'strongroom_subscriptions', { status })
    if (late === 0) continue
    const what = `${number(late)} ${late === 1 ? 'subscription is' : 'subscriptions are'} ${status}`
    const href = hrefOf(['customers'], { subscription: status })
    found.push(warn(what, 'Stripe could not collect what is owed.', href))
  }
  const quorum = samples.find(({ name }) => name === 'strongroom_audit_quorum')
  if (quorum?.value === 0) {
    found.push(warn('No quorum of witnesses', 'Checkpoints of the log are published without it.'))
  }
  const waiting = sumOf(samples, 'strongroom_stripe_events_pending')
  if (waiting > 100)
    found.push(warn('Stripe’s events wait', `${number(waiting)} have not been applied yet.`))
  return found
}
