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
      <p>It is told of everything from now on that its list names. The secret is shown once.</p>
      <Field
        label="Address"
        name="url"
        required
        hint="https, and no address of a private network."
      />
      <Field
        label="Events"
        name="events"
        required
        value="*"
        hint="* for all but charges and holds, a type, or a family such as funds.*"
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
          ? 'Nothing is sent any more. What happens meanwhile is numbered and parked, to be replayed later.'
          : 'It is told again from now on. What was parked meanwhile waits to be replayed.'}
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
      <p>Everything from this number on is sent again, under the same ids as before.</p>
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
      <p>Its secret and its deliveries go with it. What was not delivered is not sent.</p>
    </Act>
  )
}
