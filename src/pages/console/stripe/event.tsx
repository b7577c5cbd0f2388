import { useState } from 'preact/hooks'
import { Act } from '../../shared/dialog.tsx'
import { Show, useLoad } from '../../shared/load.tsx'
import { place } from '../../shared/router.tsx'
import { Facts, Id, Json, Section, Status, Time } from '../../shared/ui.tsx'
import { api, may } from '../session.ts'

const WATCH_MS = 1_000
const WATCHES = 10

/** An event: what it says, why it is where it is, and a way to apply it again. */
export function StripeEventPage() {
  const eventId = place.value.parts[1] ?? ''
  const [isOpen, setOpen] = useState(false)
  const [wasReplayed, setReplayed] = useState(false)
  const found = useLoad(
    async (signal) => {
      let event = await api('getStripeEvent', { event_id: eventId }, { signal })
      // A job applies it; what becomes of it is in sight soon.
      const turns = wasReplayed ? WATCHES : 0
      for (let turn = 0; event.status === 'waiting' && turn < turns; turn++) {
        await new Promise((resolve) => setTimeout(resolve, WATCH_MS))
        event = await api('getStripeEvent', { event_id: eventId }, { signal })
      }
      return event
    },
    [eventId, wasReplayed],
  )
  return (
    <>
      <p class="above">Event of Stripe</p>
      <h1 class="name">{eventId}</h1>
      <Show of={found} lines={6}>
        {(event) => (
          <>
            <div class="headline">
              <p class="states">
                <Status is={event.status} />
                <span>{event.type}</span>
                {wasReplayed && <span role="status">Replayed</span>}
              </p>
              {may('events:write') && (
                <div class="actions">
                  <button type="button" class="primary" onClick={() => setOpen(true)}>
                    Replay
                  </button>
                </div>
              )}
            </div>
            <Facts
              of={[
                ['Why', event.reason],
                ['About', event.object_id !== null && <Id of={event.object_id} />],
                ['Happened', <Time at={event.created_at} isPrecise />],
                ['Received', <Time at={event.received_at} isPrecise />],
                [
                  'Settled',
                  event.settled_at === null ? 'Not yet' : <Time at={event.settled_at} isPrecise />,
                ],
                ['Mode', event.livemode ? 'live' : 'test'],
                ['API version', event.api_version],
              ]}
            />
            <Section title="Payload">
              <Json of={event.payload} label="Payload" />
            </Section>
          </>
        )}
      </Show>
      {isOpen && (
        <Act
          title="Replay this event"
          verb="Replay now"
          act={() => api('replayStripeEvent', { event_id: eventId })}
          onDone={() => {
            setOpen(false)
            if (wasReplayed) found.reload()
            setReplayed(true)
          }}
          onClose={() => {
            // One that has failed may have been replayed all the same.
            setOpen(false)
            found.reload()
          }}
        >
          <p>
            It is applied again, as if it had just come. What it has already done is not done twice;
            where newer events are known, they still win.
          </p>
        </Act>
      )}
    </>
  )
}
