import { useEffect, useRef } from 'preact/hooks'
import { go, place } from '../shared/router.tsx'
import { searchHref } from './find.ts'

/** One box for everything that has an id or a reference. `/` leads to it. */
export function Search() {
  const box = useRef<HTMLInputElement>(null)
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const isTyping =
        event.target instanceof HTMLElement && event.target.matches('input, select, textarea')
      if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey) return
      event.preventDefault()
      box.current?.focus()
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [])
  const { parts, query } = place.value
  const asked = parts[0] === 'find' ? (query.get('q') ?? '') : ''
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    const input = box.current
    const text = input?.value.trim() ?? ''
    if (input === null || text === '') return
    input.value = ''
    go(searchHref(text))
  }
  return (
    <form role="search" class="search" onSubmit={submit}>
      <label class="hidden" for="search">
        Find anything
      </label>
      <input
        ref={box}
        id="search"
        type="search"
        placeholder="Find a user, email, key, reference, or any id"
        defaultValue={asked}
        autocomplete="off"
        spellcheck={false}
      />
      <kbd aria-hidden="true">/</kbd>
    </form>
  )
}
