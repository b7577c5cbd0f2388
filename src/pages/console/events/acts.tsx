import { useRef } from 'preact/hooks'
import type { Schemas } from '../../shared/api.ts'
import { Act, Field, textOf } from '../../shared/dialog.tsx'
import { api } from '../session.ts'

type Endpoint = Schemas['WebhookEndpoint']
type Made = Schemas['CreatedWebhookEndpoint']

interface Props {
  onDone: (made: Made) => void
  onClose: () => void
}

export function AddEndpoint({ onDone, onClose }: Props) {
  const made = useRef<Made | null>(null)
  return (
    <Act
      title="Add an endpoint"
      verb="Add"
      act={async (form) => {
        const events = textOf(form, 'events')
          .split(/[\s,]+/)
          .filter((one) => one !== '')
        made.current = await api('createWebhookEndpoint', {
          url: textOf(form, 'url'),
          events,
          description: textOf(form, 'description') || null,
        })
      }}
      onDone={() => made.current !== null && onDone(made.current)}
      onClose={onClose}
    >
      <p>The endpoint gets all events on its list from now on. The secret is shown only once.</p>
      <Field
        label="Address"
        name="url"
        required
        hint="An https address outside private networks."
      />
      <Field
        label="Events"
        name="events"
        required
        value="*"
        hint="A type, a family such as funds.*, or * for all except charges and holds."
      />
      <Field label="Description" name="description" maxLength={200} />
    </Act>
  )
}

interface OfEndpoint {
  endpoint: Endpoint
  onDone: () => void
  onClose: () => void
}

/** Switches an endpoint off or on. */
export function SwitchEndpoint({ endpoint, onDone, onClose }: OfEndpoint) {
  const isActive = endpoint.status === 'active'
  return (
    <Act
      title={isActive ? 'Disable this endpoint' : 'Enable this endpoint'}
      verb={isActive ? 'Disable' : 'Enable'}
      isDangerous={isActive}
      act={() =>
        api('updateWebhookEndpoint', {
          endpoint_id: endpoint.endpoint_id,
          status: isActive ? 'disabled' : 'active',
        })
      }
      onDone={onDone}
      onClose={onClose}
    >
      <p>
        {isActive
          ? 'No events are sent while it is disabled. They are numbered and parked, so that you can replay them later.'
          : 'Events are sent again from now on. Parked events are sent only if you replay them.'}
      </p>
    </Act>
  )
}

export function ReplayFrom({ endpoint, onDone, onClose }: OfEndpoint) {
  return (
    <Act
      title="Replay deliveries"
      verb="Replay"
      act={(form) =>
        api('replayWebhookDeliveries', {
          endpoint_id: endpoint.endpoint_id,
          from_seq: Number(textOf(form, 'from')),
        })
      }
      onDone={onDone}
      onClose={onClose}
    >
      <p>All events from this number on are sent again, with the same ids as before.</p>
      <Field label="From number" name="from" required value="1" />
    </Act>
  )
}

export function DeleteEndpoint({ endpoint, onDone, onClose }: OfEndpoint) {
  return (
    <Act
      title="Delete this endpoint"
      verb="Delete"
      isDangerous
      typed={endpoint.endpoint_id}
      act={() => api('deleteWebhookEndpoint', { endpoint_id: endpoint.endpoint_id })}
      onDone={onDone}
      onClose={onClose}
    >
      <p>Its secret and deliveries are deleted too. Events that were not delivered are not sent.</p>
    </Act>
  )
}
