import { invalidRequest } from './errors.ts'
import type { Form, FormValue } from './form.ts'

/**
 * The parameters of a call. A handler reads what it knows, and then calls `finish`, which refuses the
 * rest. Stripe does so too, so a misspelt parameter is always detected.
 */
export class Params {
  readonly #form: Form
  /** The place of this object in the whole, such as `subscription_data`; empty at the top. */
  readonly #path: string
  readonly #read = new Set<string>()
  readonly #inner: Params[] = []

  constructor(form: Form, path = '') {
    this.#form = form
    this.#path = path
  }

  text(name: string): string | undefined {
    const value = this.#value(name)
    if (value === undefined || typeof value === 'string') return value
    throw invalidRequest('Invalid string', undefined, this.nameOf(name))
  }

  requiredText(name: string): string {
    const value = this.text(name)
    if (value === undefined || value === '') throw this.#missing(name)
    return value
  }

  /** A value of one of Stripe's enums. */
  choice<T extends string>(name: string, choices: readonly T[]): T | undefined {
    const value = this.text(name)
    const chosen = choices.find((choice) => choice === value)
    if (value === undefined || chosen !== undefined) return chosen
    const message = `Invalid ${this.nameOf(name)}: must be one of ${choices.join(', ')}`
    throw invalidRequest(message, undefined, this.nameOf(name))
  }

  integer(name: string): number | undefined {
    const value = this.text(name)
    if (value === undefined) return undefined
    const number = Number(value)
    if (/^-?\d+$/.test(value) && Number.isSafeInteger(number)) return number
    const message = `Invalid integer: ${value}`
    throw invalidRequest(message, 'parameter_invalid_integer', this.nameOf(name))
  }

  requiredInteger(name: string): number {
    const value = this.integer(name)
    if (value === undefined) throw this.#missing(name)
    return value
  }

  flag(name: string): boolean | undefined {
    const value = this.text(name)
    if (value === undefined) return undefined
    if (value === 'true' || value === 'false') return value === 'true'
    throw invalidRequest(`Invalid boolean: ${value}`, undefined, this.nameOf(name))
  }

  url(name: string): string | undefined {
    const value = this.text(name)
    if (value === undefined || URL.canParse(value)) return value
    throw invalidRequest('Not a valid URL', 'url_invalid', this.nameOf(name))
  }

  nested(name: string): Params | undefined {
    const value = this.#value(name)
    if (value === undefined) return undefined
    if (typeof value === 'string' || Array.isArray(value)) {
      throw invalidRequest('Invalid object', undefined, this.nameOf(name))
    }
    return this.#child(value, name)
  }

  list(name: string): Params[] | undefined {
    return this.#items(name)?.map((item, index) => {
      if (typeof item !== 'string' && !Array.isArray(item)) {
        return this.#child(item, `${name}[${index}]`)
      }
      throw invalidRequest('Invalid object', undefined, this.nameOf(`${name}[${index}]`))
    })
  }

  texts(name: string): string[] | undefined {
    return this.#items(name)?.map((item, index) => {
      if (typeof item === 'string') return item
      throw invalidRequest('Invalid string', undefined, this.nameOf(`${name}[${index}]`))
    })
  }

  /** Free names with text values, such as `metadata`; an empty text instead counts as empty. */
  dictionary(name: string): Record<string, string> | undefined {
    const value = this.#value(name)
    if (value === undefined) return undefined
    if (value === '') return {}
    const dictionary: Record<string, string> = {}
    for (const [key, inner] of Object.entries(value)) {
      if (typeof value === 'string' || typeof inner !== 'string') {
        throw invalidRequest('Invalid object', undefined, this.nameOf(name))
      }
      dictionary[key] = inner
    }
    return dictionary
  }

  /** Whether the parameter was sent as a text, and not as an object or array. */
  isText(name: string): boolean {
    return typeof this.#form[name] === 'string'
  }

  finish(): void {
    const unknown = Object.keys(this.#form).find((name) => !this.#read.has(name))
    if (unknown !== undefined) {
      const name = this.nameOf(unknown)
      throw invalidRequest(`Received unknown parameter: ${name}`, 'parameter_unknown', name)
    }
    for (const inner of this.#inner) inner.finish()
  }

  /** The full name, as in an error's `param`: `line_items[0][price]`. */
  nameOf(name: string): string {
    const [first = '', ...rest] = name.split('[')
    const tail = rest.map((part) => `[${part}`).join('')
    return this.#path === '' ? name : `${this.#path}[${first}]${tail}`
  }

  #value(name: string): FormValue | undefined {
    this.#read.add(name)
    return this.#form[name]
  }

  #items(name: string): FormValue[] | undefined {
    const value = this.#value(name)
    if (value === undefined || Array.isArray(value)) return value
    throw invalidRequest('Invalid array', undefined, this.nameOf(name))
  }

  #child(form: Form, name: string): Params {
    const child = new Params(form, this.nameOf(name))
    this.#inner.push(child)
    return child
  }

  #missing(name: string) {
    const param = this.nameOf(name)
    return invalidRequest(`Missing required param: ${param}.`, 'parameter_missing', param)
  }
}
