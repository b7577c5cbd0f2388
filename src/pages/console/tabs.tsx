import { Link, hrefWith, place } from '../shared/router.tsx'

/** What a part of a page keeps in its address, and another one would take for its own. */
const OF_ONE_PART = ['key', 'cursor', 'findings', 'licences', 'metric']

/** Parts of a page, each with its own address. */
export function Tabs({ of, label }: { of: readonly (readonly [string, string])[]; label: string }) {
  const current = place.value.query.get('tab') ?? of[0]?.[0]
  return (
    <nav class="tabs" aria-label={label}>
      {of.map(([key, name], index) => (
        <Link
          key={key}
          href={hrefWith({
            ...Object.fromEntries(OF_ONE_PART.map((one) => [one, undefined])),
            tab: index === 0 ? undefined : key,
          })}
          aria-current={key === current ? 'true' : undefined}
        >
          {name}
        </Link>
      ))}
    </nav>
  )
}
