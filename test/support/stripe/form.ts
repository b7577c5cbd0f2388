/** A parameter as it arrives: Stripe's API takes forms, in which every value is text. */
export type FormValue = string | FormValue[] | { [name: string]: FormValue }
export type Form = { [name: string]: FormValue }

/** The content of one pair of brackets in a form: names to values, or positions to values. */
type Branch = Map<string, Branch | string>

/**
 * Decodes a body or a query such as `a=1&items[0][price]=p&expand[]=x`. Brackets that all hold
 * numbers, or nothing, make an array.
 */
export function decodeForm(text: string): Form {
  const root: Branch = new Map()
  for (const [name, value] of new URLSearchParams(text)) {
    const [first = '', ...inner] = name.split('[').map((part) => part.replace(/\]$/, ''))
    let branch = root
    let key = first
    for (const next of inner) {
      const found = branch.get(key)
      const child: Branch = found instanceof Map ? found : new Map()
      branch.set(key, child)
      branch = child
      key = next === '' ? String(child.size) : next
    }
    branch.set(key, value)
  }
  return toObject(root)
}

function toObject(branch: Branch): Form {
  return Object.fromEntries([...branch].map(([name, value]) => [name, toValue(value)]))
}

function toValue(value: Branch | string): FormValue {
  if (typeof value === 'string') return value
  const names = [...value.keys()]
  return names.every((name) => /^\d+$/.test(name))
    ? names.toSorted((a, b) => Number(a) - Number(b)).map((name) => toValue(value.get(name) ?? ''))
    : toObject(value)
}
