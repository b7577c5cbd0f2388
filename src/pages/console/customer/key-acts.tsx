import { useRef } from 'preact/hooks'
import type { Schemas } from '../../shared/api.ts'
import { Act, Field, textOf } from '../../shared/dialog.tsx'
import { api } from '../session.ts'

type Made = Schemas['IssuedApiKey']

interface Props {
  customerId: string
  onDone: (made: { api_key: string }) => void
  onClose: () => void
}

interface OfKey {
  customerId: string
  apiKey: Schemas['ApiKey']
  onClose: () => void
}

const OVERLAPS = [
  ['0', 'None: it is revoked now'],
  ['3600', 'An hour'],
  ['86400', 'A day'],
  ['604800', 'A week'],
] as const

export function IssueKey({ customerId, onDone, onClose }: Props) {
  const made = useRef<Made | null>(null)
  return (
    <Act
      title="Issue a key"
      verb="Issue"
      act={async (form) => {
        const name = textOf(form, 'name')
        made.current = await api('issueApiKey', {
          customer_id: customerId,
          ...(name !== '' && { name }),
        })
      }}
      onDone={() => made.current !== null && onDone(made.current)}
      onClose={onClose}
    >
      <p>The customer then has one key more, with all scopes. The secret is shown once.</p>
      <Field label="Name" name="name" hint="What it is for, such as production." maxLength={100} />
    </Act>
  )
}

export function RotateKey({ customerId, apiKey, onDone, onClose }: OfKey & Pick<Props, 'onDone'>) {
  const made = useRef<Made | null>(null)
  return (
    <Act
      title={`Rotate the key ${apiKey.key_id}`}
      verb="Rotate"
      act={async (form) => {
        const overlap = Number(textOf(form, 'overlap'))
        const input = { customer_id: customerId, key_id: apiKey.key_id, overlap_seconds: overlap }
        made.current = await api('rotateApiKey', input)
      }}
      onDone={() => made.current !== null && onDone(made.current)}
      onClose={onClose}
    >
      <p>A new key takes over its name, scopes and addresses. For a while both are good.</p>
      <Field label="Overlap" name="overlap" options={OVERLAPS} value="86400" />
    </Act>
  )
}

export function RevokeKey({ customerId, apiKey, onDone, onClose }: OfKey & { onDone: () => void }) {
  return (
    <Act
      title={`Revoke the key ${apiKey.key_id}`}
      verb="Revoke"
      isDangerous
      typed={apiKey.key_id}
      act={() => api('revokeApiKey', { customer_id: customerId, key_id: apiKey.key_id })}
      onDone={onDone}
      onClose={onClose}
    >
      <p>
        Every process refuses it within a second, for good. What still uses it gets a 401. The
        customer’s other keys stay as they are.
      </p>
    </Act>
  )
}
