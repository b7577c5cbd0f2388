import { useEffect } from 'preact/hooks'
import { Empty, Show, useLoad } from '../shared/load.tsx'
import { Link, go, place } from '../shared/router.tsx'
import { blindFor, findAll } from './find.ts'

/** What a search has found. Of one hit alone, its page. */
export function FindPage() {
  const text = place.value.query.get('q') ?? ''
  const found = useLoad((signal) => findAll(text, signal), [text])
  const only = found.state === 'ready' && found.data.length === 1 ? found.data[0] : undefined
  useEffect(() => {
    if (only !== undefined) go(only.href, { isReplacing: true })
  }, [only])
  const blind = [...new Set(blindFor(text))]
  return (
    <>
      <h1>
        Find <q>{text}</q>
      </h1>
      <Show of={found}>
        {(hits) =>
          hits.length === 0 ? (
            <Empty title="Nothing has this id, reference or address.">
              User ids are found by how they begin; references, keys and addresses as a whole.
            </Empty>
          ) : (
            <ul class="hits">
              {hits.map(({ kind, title, detail, href }) => (
                <li key={href}>
                  <Link href={href}>
                    <span class="kind">{kind}</span>
                    <strong>{title}</strong>
                    <span class="faint">{detail}</span>
                  </Link>
                </li>
              ))}
            </ul>
          )
        }
      </Show>
      {blind.length > 0 && (
        <p class="faint">Your token may not look among {blind.join(' and ')}.</p>
      )}
    </>
  )
}
