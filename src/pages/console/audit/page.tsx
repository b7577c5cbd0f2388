import { asked, Filters, given } from '../filters.tsx'
import { Records } from './records.tsx'

/** What was done, by whom, to what. */
export function AuditPage() {
  const day = (name: string) => {
    const text = asked(name)
    return text === undefined || Number.isNaN(Date.parse(text))
      ? undefined
      : new Date(text).toISOString()
  }
  const filter = given({
    event: asked('event'),
    actor: asked('actor'),
    subject: asked('subject'),
    from: day('from'),
    to: day('to'),
  })
  return (
    <>
      <h1>Audit log</h1>
      <p class="lead">Every act, in the order in which it was logged, the newest first.</p>
      <Filters
        label="Filter records"
        of={[
          { name: 'event', label: 'Event' },
          { name: 'actor', label: 'Actor' },
          { name: 'subject', label: 'Subject' },
          { name: 'from', label: 'From', type: 'date' },
          { name: 'to', label: 'Before', type: 'date' },
        ]}
      />
      <Records filter={filter} />
    </>
  )
}
