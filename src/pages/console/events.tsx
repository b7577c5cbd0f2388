import { Empty } from '../shared/load.tsx'

/** Events to the outside: their endpoints and deliveries, where the service has them. */
export function EventsPage() {
  return (
    <>
      <h1>Events out</h1>
      <p class="lead">Events that this service sends to endpoints of yours.</p>
      <Empty title="This version sends no events.">
        What happens here can be read from the audit log meanwhile.
      </Empty>
    </>
  )
}
