import type { ComponentChildren } from 'preact'
import { type Schemas, errorOf, request } from '../../shared/api.ts'
import { number } from '../../shared/format.ts'
import { Show, useLoad } from '../../shared/load.tsx'
import { Link, hrefOf } from '../../shared/router.tsx'
import { Badge, Section } from '../../shared/ui.tsx'
import { api, may, session } from '../session.ts'
import { measuredNeeds } from './measured.ts'
import { samplesOf } from './metrics.ts'
import { type Need, bad, warn, when } from './need.ts'

type Finding = Schemas['Checklist']['findings'][number]

/** Whether all is well, in one line; below it, what is not, the worst first, and where to look. */
export function Needs() {
  const found = useLoad(async (signal) => {
    // Nothing else could be read then.
    if (!(await isReady(signal))) {
      return [bad('The service is not ready', 'The database does not answer.')]
    }
    const [samples, checklist, chargedBack, frozen, parkedEvents] = await Promise.all([
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
        parked > 0,
        bad(`${more(parked)} of Stripe parked`, 'They wait to be replayed.', hrefOf(['stripe'])),
      ),
      ...measuredNeeds(samples ?? []),
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

/** A service that is not ready answers with a 503, which says so. */
async function isReady(signal: AbortSignal): Promise<boolean> {
  const response = await request('GET', '/health', undefined, { signal })
  if (response.ok) return true
  const health = (await response
    .clone()
    .json()
    .catch(() => ({}))) as Partial<Schemas['Health']>
  if (health.status === 'degraded') return false
  throw await errorOf(response)
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

const more = (count: number) =>
  count >= 50 ? '50 or more events' : `${count} ${count === 1 ? 'event' : 'events'}`

function linked({ what, href }: Need): ComponentChildren {
  return href === undefined ? what : <Link href={href}>{what}</Link>
}
