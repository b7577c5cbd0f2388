import { useEffect, useState } from 'preact/hooks'
import type { ApiError } from '../shared/api.ts'
import { Failure, Waiting, asApiError } from '../shared/load.tsx'
import { place } from '../shared/router.tsx'
import { Frame } from './frame.tsx'
import { pageOf } from './pages.tsx'
import { readSession, session } from './session.ts'
import { SignIn } from './sign-in.tsx'

export function App() {
  const [error, setError] = useState<ApiError | null>(null)
  const read = () => {
    setError(null)
    readSession().catch((fault: unknown) => setError(asApiError(fault)))
  }
  useEffect(read, [])
  if (error !== null) {
    return (
      <main class="alone">
        <Failure error={error} onRetry={read} />
      </main>
    )
  }
  if (session.value === undefined) {
    return (
      <main class="alone">
        <Waiting />
      </main>
    )
  }
  if (session.value === null) return <SignIn />
  const { parts } = place.value
  const { title, Page } = pageOf(parts)
  return (
    <Frame title={title}>
      <Page key={parts.join('/')} />
    </Frame>
  )
}
