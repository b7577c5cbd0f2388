import { useRef } from 'preact/hooks'
import type { Schemas } from '../shared/api.ts'
import { Act, Field, textOf } from '../shared/dialog.tsx'
import { api } from './session.ts'

type Made = Schemas['IssuedToken']

interface Props {
  onDone: (made: { token: string }) => void
  onClose: () => void
}

const ROLES = [
  ['support', 'Support: reads everything, and writes keys'],
  ['operator', 'Operator: everything but tokens and erasures'],
  ['finance', 'Finance: reads everything, and moves funds'],
  ['auditor', 'Auditor: reads the log, funds and metrics'],
  ['owner', 'Owner: everything'],
] as const

const OVERLAPS = [
  ['0', 'None: it is revoked now'],
  ['3600', 'An hour'],
  ['86400', 'A day'],
] as const

export function IssueToken({ onDone, onClose }: Props) {
  const made = useRef<Made | null>(null)
  return (
    <Act
      title="Issue a token for an operator"
      verb="Issue"
      act={async (form) => {
        made.current = await api('issueToken', {
          name: textOf(form, 'name'),
          scope: 'admin',
          role: textOf(form, 'role') as (typeof ROLES)[number][0],
        })
      }}
      onDone={() => made.current !== null && onDone(made.current)}
      onClose={onClose}
    >
      <p>
        The secret is shown once. Tokens of services, and those with permissions of their own, are
        made with <code>strongroom tokens issue</code>.
      </p>
      <Field label="Name" name="name" required hint="Whose it is, such as ada." maxLength={100} />
      <Field label="Role" name="role" options={ROLES} value="support" />
    </Act>
  )
}

export function RotateToken({ token, onDone, onClose }: Props & { token: Schemas['Token'] }) {
  const made = useRef<Made | null>(null)
  return (
    <Act
      title={`Rotate the token ${token.name}`}
      verb="Rotate"
      act={async (form) => {
        const overlap = Number(textOf(form, 'overlap'))
        made.current = await api('rotateToken', {
          token_id: token.token_id,
          overlap_seconds: overlap,
        })
      }}
      onDone={() => made.current !== null && onDone(made.current)}
      onClose={onClose}
    >
      <p>A new token takes over its name, rights and limits. For a while both are good.</p>
      <Field label="Overlap" name="overlap" options={OVERLAPS} value="3600" />
    </Act>
  )
}

interface Revoking {
  token: Schemas['Token']
  onDone: () => void
  onClose: () => void
}

export function RevokeToken({ token, onDone, onClose }: Revoking) {
  return (
    <Act
      title={`Revoke the token ${token.name}`}
      verb="Revoke"
      isDangerous
      typed={token.token_id}
      act={() => api('revokeToken', { token_id: token.token_id })}
      onDone={onDone}
      onClose={onClose}
    >
      <p>
        Every process refuses it within a second, for good. Browsers that have signed in with it are
        signed out at once.
      </p>
    </Act>
  )
}
