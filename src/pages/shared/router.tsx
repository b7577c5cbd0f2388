import { signal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { BASE } from './base.ts'

interface Place {
  /** Below the page's root, each part decoded: `/accounts/ada` is `['accounts', 'ada']`. */
  parts: readonly string[]
  query: URLSearchParams
}

let root = ''
export const place = signal<Place>({ parts: [], query: new URLSearchParams() })

/** @param at the path of the page, such as `/console` */
export function startRouter(at: string): void {
  root = BASE + at
  read()
  addEventListener('popstate', read)
}

function read(): void {
  const below = location.pathname.slice(root.length)
  const parts = below.split('/').filter((part) => part !== '')
  place.value = { parts: parts.map(decoded), query: new URLSearchParams(location.search) }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** The address of a page: its parts, and what is asked of it. Empty values are left out. */
export function hrefOf(
  parts: readonly string[],
  query: Record<string, string | undefined> = {},
): string {
  const path = parts.map((part) => `/${encodeURIComponent(part)}`).join('')
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '')
  const text = new URLSearchParams(given as [string, string][]).toString()
  return root + path + (text === '' ? '' : `?${text}`)
}

/** The same page with other questions; what they leave undefined goes. */
export function hrefWith(changes: Record<string, string | undefined>): string {
  const { parts, query } = place.value
  return hrefOf(parts, { ...Object.fromEntries(query), ...changes })
}

export function go(href: string, options: { isReplacing?: boolean } = {}): void {
  if (options.isReplacing) history.replaceState(null, '', href)
  else history.pushState(null, '', href)
  const before = place.value.parts.join('/')
  read()
  if (place.value.parts.join('/') !== before) scrollTo(0, 0)
}

interface LinkProps {
  href: string
  class?: string
  'aria-current'?: 'page' | 'true' | undefined
  'aria-label'?: string
  children: ComponentChildren
}

/** A link within the page. With a modifier the browser does what it does with links. */
export function Link({ href, children, ...rest }: LinkProps) {
  const onClick = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return
    event.preventDefault()
    go(href)
  }
  return (
    <a href={href} onClick={onClick} {...rest}>
      {children}
    </a>
  )
}
