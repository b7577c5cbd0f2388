import { Link, hrefWith, place } from '../shared/router.tsx'

/** Parts of a page, each with its own address. */
export function Tabs({ of, label }: { of: readonly (readonly [string, string])[]; label: string }) {
  const current = place.value.query.get('tab') ?? of[0]?.[0]
  return (
    <nav class="tabs" aria-label={label}>
      {of.map(([key, name], index) => (
        <Link
          key={key}
          href={hrefWith({ tab: index === 0 ? undefined : key, key: undefined, cursor: undefined })}
          aria-current={key === current ? 'true' : undefined}
        >
          {name}
        </Link>
      ))}
    </nav>
  )
}
