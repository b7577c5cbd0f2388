import { useEffect, useState } from 'preact/hooks'
import type { ApiError } from '../shared/api.ts'
import { Failure, Waiting, asApiError } from '../shared/load.tsx'
import { Portal } from './portal.tsx'
import { openVisit, visit } from './session.ts'

export function App() {
  const [error, setError] = useState<ApiError | null>(null)
  const open = () => {
    setError(null)
    openVisit().catch((fault: unknown) => setError(asApiError(fault)))
  }
  useEffect(open, [])
  if (error !== null) {
    return (
      <main class="alone">
        <Failure error={error} onRetry={open} />
      </main>
    )
  }
  const now = visit.value
  if (now.is === 'opening') {
    return (
      <main class="alone">
        <Waiting />
      </main>
    )
  }
  if (now.is === 'closed') {
    return (
      <main class="sign-in">
        <div class="card">
          <h1>Your credit</h1>
          <p role="status">{now.why}</p>
        </div>
      </main>
    )
  }
  return <Portal session={now.session} />
}
