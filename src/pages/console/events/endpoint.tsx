import { useState } from 'preact/hooks'
import type { Schemas } from '../../shared/api.ts'
import { Try } from '../../shared/dialog.tsx'
import { Show, useLoad } from '../../shared/load.tsx'
import { go, hrefOf, place } from '../../shared/router.tsx'
import { Facts, Id, Status, Time } from '../../shared/ui.tsx'
import { api, may } from '../session.ts'
import { DeleteEndpoint, ReplayFrom, SwitchEndpoint } from './acts.tsx'
import { Deliveries } from './deliveries.tsx'

type Doing = 'switch' | 'replay' | 'delete'

/** An endpoint: whether it accepts its events, and what an operator can do if it does not. */
export function EndpointPage() {
  const id = place.value.parts[1] ?? ''
  const [turn, setTurn] = useState(0)
  const found = useLoad(
    (signal) => api('getWebhookEndpoint', { endpoint_id: id }, { signal }),
    [id, turn],
  )
  const again = () => setTurn((before) => before + 1)
  return (
    <>
      <p class="above">Endpoint</p>
      <h1 class="name">{id}</h1>
      <Show of={found} lines={5}>
        {(endpoint) => (
          <>
            <div class="headline">
              <p class="states">
                <Status is={endpoint.status} />
                <span>{endpoint.url}</span>
              </p>
              {may('events:write') && <Acts endpoint={endpoint} onDone={again} />}
            </div>
            <Facts
              of={[
                ['Description', endpoint.description],
                ['Gets', endpoint.events.join(', ')],
                [
                  'Failing since',
                  endpoint.failing_since === null ? 'Not' : <Time at={endpoint.failing_since} />,
                ],
                endpoint.disabled_reason !== null && [
                  'Disabled because',
                  endpoint.disabled_reason.replaceAll('_', ' '),
                ],
                endpoint.public_key !== null && ['Public key', <Id of={endpoint.public_key} />],
                ['Made', <Time at={endpoint.created_at} />],
              ]}
            />
            <Deliveries endpointId={id} turn={turn} onDone={again} />
          </>
        )}
      </Show>
    </>
  )
}

function Acts({ endpoint, onDone }: { endpoint: Schemas['WebhookEndpoint']; onDone: () => void }) {
  const [doing, setDoing] = useState<Doing | null>(null)
  // An act that has failed may have happened all the same.
  const done = () => {
    setDoing(null)
    onDone()
  }
  const props = { endpoint, onDone: done, onClose: done }
  return (
    <div class="actions">
      {endpoint.status === 'active' && (
        <Try
          act={() => api('testWebhookEndpoint', { endpoint_id: endpoint.endpoint_id })}
          onDone={onDone}
        >
          Send a test
        </Try>
      )}
      <button type="button" onClick={() => setDoing('replay')}>
        Replay
      </button>
      <button type="button" onClick={() => setDoing('switch')}>
        {endpoint.status === 'active' ? 'Disable' : 'Enable'}
      </button>
      <button type="button" class="small danger" onClick={() => setDoing('delete')}>
        Delete
      </button>
      {doing === 'switch' && <SwitchEndpoint {...props} />}
      {doing === 'replay' && <ReplayFrom {...props} />}
      {doing === 'delete' && <DeleteEndpoint {...props} onDone={() => go(hrefOf(['events']))} />}
    </div>
  )
}
