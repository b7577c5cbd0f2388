import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { distance, preciseTime, time, utc } from './format.ts'

/** A time where the reader is; on hover, and for who asks the element, in UTC. */
export function Time({
  at,
  isPrecise,
  isDistance,
}: {
  at: string
  isPrecise?: boolean
  isDistance?: boolean
}) {
  const text = isDistance ? distance(at) : isPrecise ? preciseTime(at) : time(at)
  return (
    <time dateTime={at} title={utc(at)}>
      {text}
    </time>
  )
}

export type Tone = 'good' | 'warn' | 'bad' | 'plain'

/** A state in a word. Its colour repeats what the word says. */
export function Badge({ tone = 'plain', children }: { tone?: Tone; children: ComponentChildren }) {
  return <span class={`badge ${tone}`}>{children}</span>
}

const TONES: Readonly<Record<string, Tone>> = {
  active: 'good',
  trialing: 'good',
  applied: 'good',
  delivered: 'good',
  ready: 'good',
  waiting: 'warn',
  past_due: 'warn',
  paused: 'warn',
  unpaid: 'bad',
  parked: 'bad',
  frozen: 'bad',
  suspended: 'bad',
  revoked: 'bad',
  failed: 'bad',
}

export function Status({ is }: { is: string }) {
  return <Badge tone={TONES[is] ?? 'plain'}>{is.replaceAll('_', ' ')}</Badge>
}

interface SectionProps {
  title: string
  note?: ComponentChildren
  actions?: ComponentChildren
  children: ComponentChildren
}

export function Section({ title, note, actions, children }: SectionProps) {
  const id = `section-${title.toLowerCase().replaceAll(/[^a-z]+/g, '-')}`
  return (
    <section class="section" aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {note !== undefined && <p class="faint">{note}</p>}
        {actions !== undefined && <div class="actions">{actions}</div>}
      </header>
      {children}
    </section>
  )
}

/** Names and values. */
export function Facts({ of }: { of: readonly (readonly [string, ComponentChildren] | false)[] }) {
  return (
    <dl class="facts">
      {of.map(
        (fact) =>
          fact !== false && (
            <div key={fact[0]}>
              <dt>{fact[0]}</dt>
              <dd>{fact[1] ?? <span class="faint">—</span>}</dd>
            </div>
          ),
      )}
    </dl>
  )
}

export function Figure({
  name,
  value,
  note,
  tone,
}: {
  name: string
  value: ComponentChildren
  note?: ComponentChildren
  tone?: Tone
}) {
  return (
    <div class={`figure ${tone ?? ''}`}>
      <span class="name">{name}</span>
      <span class="value">{value}</span>
      {note !== undefined && <span class="note-line">{note}</span>}
    </div>
  )
}

/** An id, in whole, with a way to copy it. */
export function Id({ of }: { of: string }) {
  return <code class="id">{of}</code>
}

export function Copy({ text, label = 'Copy' }: { text: string; label?: string }) {
  const [said, say] = useState(label)
  const copy = () => {
    navigator.clipboard.writeText(text).then(
      () => say('Copied'),
      () => say('Not copied: select it'),
    )
  }
  return (
    <button type="button" class="small" onClick={copy}>
      {said}
    </button>
  )
}

/** @param share of the whole, from 0 on; above 1 it is full */
export function Bar({ share, label }: { share: number; label: string }) {
  const tone = share >= 1 ? 'bad' : share >= 0.8 ? 'warn' : 'good'
  return (
    <meter
      class={`bar ${tone}`}
      min={0}
      max={1}
      value={Math.min(Math.max(share, 0), 1)}
      aria-label={label}
    >
      {label}
    </meter>
  )
}

export function Json({ of, label }: { of: unknown; label: string }) {
  return (
    <pre class="json" tabIndex={0} role="region" aria-label={label}>
      {JSON.stringify(of, null, 2)}
    </pre>
  )
}

interface MoreProps<T> {
  of: readonly T[]
  atFirst: number
  children: (shown: readonly T[]) => ComponentChildren
}

/** The first of many, and the rest on request. */
export function MoreOf<T>({ of, atFirst, children }: MoreProps<T>) {
  const [isWhole, setWhole] = useState(false)
  const rest = of.length - atFirst
  return (
    <>
      {children(isWhole ? of : of.slice(0, atFirst))}
      {!isWhole && rest > 0 && (
        <button type="button" class="small" onClick={() => setWhole(true)}>
          Show {rest} more
        </button>
      )}
    </>
  )
}

/** An instant of the browser's clock in a query, as RFC 3339. */
export const iso = (ms: number): string => new Date(ms).toISOString()
