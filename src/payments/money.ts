import { Refusal } from '../refusals/index.ts'

/** https://docs.stripe.com/currencies#zero-decimal and #three-decimal; all others have two. */
const ZERO_DECIMAL = new Set(
  'BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF'.split(' '),
)
const THREE_DECIMAL = new Set('BHD JOD KWD OMR TND'.split(' '))
/** For these Stripe uses two decimals that must be 00 (#special-cases). */
const WHOLE_UNITS = new Set(['ISK', 'UGX'])

const CURRENCIES = new Set(Intl.supportedValuesOf('currency'))

/**
 * The largest charges: eight digits, or twelve in IDR.
 * https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts
 */
const CHARGE_MAX = 99_999_999n
const CHARGE_MAX_OF: Readonly<Record<string, bigint>> = { IDR: 999_999_999_999n }

export interface Charge {
  /** ISO 4217 in lower case, as Stripe writes it. */
  currency: string
  /** In Stripe's minor unit of the currency. */
  minor: bigint
}

/**
 * The charge for an amount of an asset, exactly.
 * @throws Refusal `ASSET_NOT_PAYABLE` for an asset that is no currency, `VALIDATION_FAILED` for an
 * amount that Stripe can't charge exactly
 */
export function chargeFor(amount: bigint, asset: string): Charge {
  const { currency, decimals } = partsOf(asset)
  const shift = stripeDecimals(currency) - decimals
  const factor = 10n ** BigInt(Math.abs(shift))
  const minor = shift >= 0 ? amount * factor : amount / factor
  const isExact = shift >= 0 || amount % factor === 0n
  if (!isExact || minor % stepOf(currency) !== 0n) {
    throw refusedAmount(`cannot be charged exactly in ${currency}`)
  }
  if (minor > (CHARGE_MAX_OF[currency] ?? CHARGE_MAX))
    throw refusedAmount('is more than Stripe can charge at once')
  return { currency: currency.toLowerCase(), minor }
}

/**
 * The value of a charge in an asset, exactly.
 * @throws Error if it can't be expressed: another currency, or a fraction of the asset's unit
 */
export function worthOf(charge: Charge, asset: string): bigint {
  const { currency, decimals } = partsOf(asset)
  if (currency.toLowerCase() !== charge.currency) throw new Error('A payment in another currency')
  const shift = decimals - stripeDecimals(currency)
  const factor = 10n ** BigInt(Math.abs(shift))
  if (shift >= 0) return charge.minor * factor
  if (charge.minor % factor !== 0n) throw new Error('A payment of a fraction of the unit')
  return charge.minor / factor
}

/**
 * The value in an asset of a part of a charge, rounded down to whole units, so that nobody loses a
 * fraction that was not taken.
 */
export function wholeWorthOf({ currency, minor }: Charge, asset: string): bigint {
  const { decimals } = partsOf(asset)
  const shift = stripeDecimals(currency.toUpperCase()) - decimals
  const unit = shift > 0 ? 10n ** BigInt(shift) : 1n
  return worthOf({ currency, minor: minor - (minor % unit) }, asset)
}

function partsOf(asset: string): { currency: string; decimals: number } {
  const [currency = '', decimals = ''] = asset.split('/')
  if (!CURRENCIES.has(currency)) throw new Refusal('ASSET_NOT_PAYABLE')
  return { currency, decimals: Number(decimals) }
}

function stripeDecimals(currency: string): number {
  if (ZERO_DECIMAL.has(currency)) return 0
  return THREE_DECIMAL.has(currency) ? 3 : 2
}

/** Amounts with three decimals must end in 0; those in whole units in 00. */
function stepOf(currency: string): bigint {
  if (THREE_DECIMAL.has(currency)) return 10n
  return WHOLE_UNITS.has(currency) ? 100n : 1n
}

function refusedAmount(message: string): Refusal {
  return new Refusal('VALIDATION_FAILED', { details: [{ path: '/amount', message }] })
}
