import { dayFrom } from '../../shared/days.ts'
import { iso } from '../../shared/ui.tsx'
import { asked, Filters, given } from '../filters.tsx'
import { Records } from './records.tsx'

/** What was done, by whom, to what. */
export function AuditPage() {
  const day = (name: string) => {
    const at = dayFrom(asked(name) ?? '')
    return at === undefined ? undefined : iso(at)
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
          // Days where the reader is, as the times below them.
          { name: 'from', label: 'From the day', type: 'date' },
          { name: 'to', label: 'Before the day', type: 'date' },
        ]}
      />
      <Records filter={filter} />
    </>
  )
}
