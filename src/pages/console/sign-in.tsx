import { useState } from 'preact/hooks'
import { BASE } from '../shared/base.ts'
import type { ApiError } from '../shared/api.ts'
import { textOf } from '../shared/dialog.tsx'
import { asApiError } from '../shared/load.tsx'
import { hasEnded, signIn } from './session.ts'

export function SignIn() {
  const [error, setError] = useState<ApiError | null>(null)
  const [isBusy, setBusy] = useState(false)
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget as HTMLFormElement)
    setBusy(true)
    signIn(textOf(form, 'token')).catch((fault: unknown) => {
      setBusy(false)
      setError(asApiError(fault))
    })
  }
  return (
    <main class="sign-in">
      <form onSubmit={submit} class="card">
        <img src={`${BASE}/assets/icon.svg`} width="40" height="40" alt="" />
        <h1>Strongroom</h1>
        {hasEnded.value && error === null && (
          <p class="note quiet" role="status">
            Your session has ended. Sign in to go on where you were.
          </p>
        )}
        <div class="field">
          <label for="token">Your token</label>
          <input
            id="token"
            name="token"
            type="password"
            required
            autocomplete="off"
            spellcheck={false}
            aria-describedby="token-hint"
            aria-invalid={error !== null}
          />
          <p class="hint" id="token-hint">
            It begins with <code>srt_adm_</code>. <code>strongroom tokens issue</code> makes one.
          </p>
        </div>
        {error !== null && (
          <p class="note bad" role="alert">
            {error.status === 401 ? 'No token that is good here and now.' : error.message}
          </p>
        )}
        <button class="primary" disabled={isBusy}>
          {isBusy ? 'Signing in…' : 'Sign in'}
        </button>
      </form>
    </main>
  )
}
