import { go, hrefWith, place } from '../shared/router.tsx'
import { textOf } from '../shared/dialog.tsx'

export interface Filter {
  name: string
  label: string
  options?: readonly (readonly [string, string])[]
  type?: 'text' | 'date'
}

interface Props {
  of: readonly Filter[]
  label: string
  /** The name of the list's cursor in the address: other filters begin at the first page. */
  cursor?: string
}

/** Filters of a list. They are in the address, so what is in sight can be sent. */
export function Filters({ of, label, cursor = 'cursor' }: Props) {
  const { query } = place.value
  const submit = (form: HTMLFormElement) => {
    const data = new FormData(form)
    const filled = Object.fromEntries(of.map(({ name }) => [name, textOf(data, name) || undefined]))
    go(hrefWith({ ...filled, [cursor]: undefined }))
  }
  return (
    <form
      class="filters"
      aria-label={label}
      onSubmit={(event) => {
        event.preventDefault()
        submit(event.currentTarget)
      }}
    >
      {of.map(({ name, label: text, options, type = 'text' }) => (
        <div class="field" key={name}>
          <label for={`filter-${name}`}>{text}</label>
          {options === undefined ? (
            <input
              id={`filter-${name}`}
              key={query.get(name)}
              name={name}
              type={type as 'text'}
              defaultValue={query.get(name) ?? ''}
              autocomplete="off"
              spellcheck={false}
            />
          ) : (
            <select
              id={`filter-${name}`}
              name={name}
              onChange={(event) => {
                if (event.currentTarget.form !== null) submit(event.currentTarget.form)
              }}
            >
              <option value="">All</option>
              {options.map(([value, shown]) => (
                <option value={value} key={value} selected={value === query.get(name)}>
                  {shown}
                </option>
              ))}
            </select>
          )}
        </div>
      ))}
      <button class="small">Filter</button>
    </form>
  )
}

/** The value of a filter in the address; undefined for none. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
export const asked = <T extends string = string>(name: string): T | undefined =>
  (place.value.query.get(name) as T | null) ?? undefined

/** Without what is undefined, which a typed call does not take. */
export function given<T extends object>(query: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}
