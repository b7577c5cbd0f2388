import type { ComponentChildren } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { BASE } from '../shared/base.ts'
import { Try } from '../shared/dialog.tsx'
import { Link, hrefOf, place } from '../shared/router.tsx'
import { Search } from './search.tsx'
import { type Permission, may, session, signOut } from './session.ts'

interface Entry {
  name: string
  part: string
  needs: Permission | null
}

const GROUPS: readonly (readonly [string, readonly Entry[]])[] = [
  ['', [{ name: 'Now', part: '', needs: null }]],
  [
    'Money and people',
    [
      { name: 'Accounts', part: 'accounts', needs: 'funds:read' },
      { name: 'Charges', part: 'transfers', needs: 'funds:read' },
      { name: 'Customers', part: 'customers', needs: 'customers:read' },
      { name: 'Plans', part: 'plans', needs: null },
      { name: 'Usage', part: 'usage', needs: 'usage:read' },
    ],
  ],
  [
    'Events',
    [
      { name: 'Stripe’s inbox', part: 'stripe', needs: 'events:read' },
      { name: 'Events out', part: 'events', needs: 'events:read' },
    ],
  ],
  [
    'Trust',
    [
      { name: 'Audit log', part: 'audit', needs: 'audit:read' },
      { name: 'Tokens', part: 'tokens', needs: null },
    ],
  ],
]

/** What is around every page: the way to the others, the search, and who is signed in. */
export function Frame({ title, children }: { title: string; children: ComponentChildren }) {
  const [isOpen, setOpen] = useState(false)
  const [current = ''] = place.value.parts
  const main = useRef<HTMLElement>(null)
  const path = place.value.parts.join('/')
  const before = useRef(path)
  useEffect(() => {
    document.title = `${title} · Strongroom`
    setOpen(false)
  }, [title, path])
  // A new page begins where a reader with a keyboard expects it. At once: later, the focus could be taken
  // from the search while somebody types.
  useLayoutEffect(() => {
    if (before.current !== path) main.current?.focus({ preventScroll: true })
    before.current = path
  }, [path])
  return (
    <div class="frame">
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <header class="top">
        <button
          type="button"
          class="menu"
          aria-expanded={isOpen}
          aria-controls="ways"
          onClick={() => setOpen(!isOpen)}
        >
          Menu
        </button>
        <Link class="mark" href={hrefOf([])} aria-label="Strongroom, now">
          <img src={`${BASE}/assets/icon.svg`} width="24" height="24" alt="" />
          <span>Strongroom</span>
        </Link>
        <Search />
      </header>
      <nav id="ways" class={isOpen ? 'ways open' : 'ways'} aria-label="Pages">
        {GROUPS.map(([name, entries]) => (
          <div key={name}>
            {name !== '' && <p>{name}</p>}
            {entries
              .filter(({ needs }) => needs === null || may(needs))
              .map(({ name: entry, part }) => (
                <Link
                  key={part}
                  href={hrefOf(part === '' ? [] : [part])}
                  aria-current={part === current ? 'page' : undefined}
                >
                  {entry}
                </Link>
              ))}
          </div>
        ))}
        <Who />
      </nav>
      <main id="main" ref={main} tabIndex={-1}>
        {children}
      </main>
    </div>
  )
}

function Who() {
  const { role, token_id: tokenId, version } = session.value ?? {}
  return (
    <div class="who">
      <span>
        {role ?? 'With permissions of its own'}
        <br />
        <code>{tokenId}</code>
      </span>
      <Try class="small" act={signOut}>
        Sign out
      </Try>
      <span class="version">Version {version}</span>
    </div>
  )
}
