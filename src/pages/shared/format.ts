/** Everything here is in the reader's language, and exact. */

const numbers = new Intl.NumberFormat(undefined, { maximumFractionDigits: 6 })
const compactNumbers = new Intl.NumberFormat(undefined, {
  notation: 'compact',
  maximumFractionDigits: 1,
})
const percents = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 0 })

export const number = (value: number): string => numbers.format(value)
export const compact = (value: number): string => compactNumbers.format(value)
export const percent = (share: number): string => percents.format(share)

export interface MoneyOptions {
  /** With a plus in front of what is above zero. */
  isSigned?: boolean
  isCompact?: boolean
}

const formats = new Map<string, { format: Intl.NumberFormat; unit: string }>()

/** `USD/2` and 1250: `$12.50`. An asset that is no currency stands behind its number. */
export function money(amount: number, asset: string, options: MoneyOptions = {}): string {
  const [currency = '', places = '0'] = asset.split('/')
  const { format, unit } = formatOf(currency, Number(places), options)
  // As text, because a division would round.
  const text = format.format(decimal(amount, Number(places)) as unknown as number)
  return unit === '' ? text : `${text} ${unit}`
}

function formatOf(currency: string, places: number, { isSigned, isCompact }: MoneyOptions) {
  const key = [currency, places, isSigned, isCompact].join()
  const known = formats.get(key)
  if (known !== undefined) return known
  const digits = isCompact
    ? { notation: 'compact' as const, maximumFractionDigits: 1 }
    : { minimumFractionDigits: Math.min(places, 2), maximumFractionDigits: places }
  const common = { ...digits, ...(isSigned && { signDisplay: 'exceptZero' as const }) }
  const isCurrency = Intl.supportedValuesOf('currency').includes(currency)
  const made = {
    format: new Intl.NumberFormat(
      undefined,
      isCurrency ? { style: 'currency', currency, ...common } : common,
    ),
    unit: isCurrency ? '' : currency,
  }
  formats.set(key, made)
  return made
}

const placesOf = (asset: string): number => Number(asset.split('/')[1] ?? 0)

/** An integer of smallest units as a decimal text. */
export function decimal(amount: number, places: number): string {
  if (places === 0) return String(Math.round(amount))
  const digits = String(Math.abs(Math.round(amount))).padStart(places + 1, '0')
  const sign = amount < 0 ? '-' : ''
  return `${sign}${digits.slice(0, -places)}.${digits.slice(-places)}`
}

/** How the reader writes decimals: with a point, or with a comma. */
const point = numbers.formatToParts(1.5).find(({ type }) => type === 'decimal')?.value
export const DECIMAL_MARK = point === ',' ? ',' : '.'

/** An amount as the reader would type it: what `smallestUnits` reads. */
export function typedAmount(amount: number, asset: string): string {
  return decimal(amount, placesOf(asset)).replace('.', DECIMAL_MARK)
}

/** What a person has typed, such as `12.50`, in smallest units; null for anything else. */
export function smallestUnits(text: string, asset: string, mark = DECIMAL_MARK): number | null {
  const places = placesOf(asset)
  const match = /^([+-]?)(\d{1,15})(?:([.,])(\d{1,18}))?$/.exec(text.trim())
  if (match === null) return null
  const [, sign, whole = '', typed, part = ''] = match
  if (part.length > places) return null
  // `1,000` is a thousand to some and one to others, unless it is the reader's own decimal mark.
  if (part.length === 3 && typed !== mark) return null
  const units = Number(whole + part.padEnd(places, '0'))
  if (!Number.isSafeInteger(units)) return null
  return sign === '-' ? -units : units
}

const times = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })
const precise = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' })
const days = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' })
const distances = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' })

export const time = (text: string): string => times.format(new Date(text))
export const preciseTime = (text: string): string => precise.format(new Date(text))
export const day = (text: string): string => days.format(new Date(text))
/** `2026-11-24 09:30:00.000 UTC` */
export const utc = (text: string): string =>
  `${new Date(text).toISOString().replace('T', ' ').replace('Z', '')} UTC`

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
]

export function distance(text: string, now = Date.now()): string {
  const seconds = (Date.parse(text) - now) / 1_000
  for (const [unit, size] of STEPS) {
    if (Math.abs(seconds) >= size) return distances.format(Math.trunc(seconds / size), unit)
  }
  return distances.format(0, 'second')
}

/** `stripe_top_up`: `Stripe top up`. */
export function words(name: string): string {
  const text = name.replaceAll(/[_.]/g, ' ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}
