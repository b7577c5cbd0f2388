import { useId, useState } from 'preact/hooks'
import { ApiError } from './api.ts'
import { textOf } from './dialog.tsx'
import { DECIMAL_MARK, money, smallestUnits } from './format.ts'

/** An amount that was typed into a form, in smallest units. */
export function amountIn(form: FormData, name: string, asset: string, minimum = 1): number {
  const amount = smallestUnits(textOf(form, name), asset)
  if (amount !== null && amount >= minimum) return amount
  throw noAmount(asset)
}

/** Says what an amount looks like. */
export function noAmount(asset: string): ApiError {
  const [unit, places] = asset.split('/')
  const example = places === '0' ? '1000' : `1000 or 12${DECIMAL_MARK}5`
  const message = `Give an amount in ${unit}, such as ${example}, with nothing between thousands.`
  return new ApiError(message, { code: 'VALIDATION_FAILED', status: 400 })
}

interface Props {
  label: string
  name: string
  asset: string
  hint?: string
  value?: string
}

/** A field for an amount, which shows how it is understood before anything is sent. */
export function AmountField({ label, name, asset, hint, value = '' }: Props) {
  const id = useId()
  const [text, setText] = useState(value)
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        name={name}
        defaultValue={value}
        required
        autocomplete="off"
        spellcheck={false}
        aria-describedby={hint === undefined ? `${id}-read` : `${id}-read ${id}-hint`}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <p class="hint" id={`${id}-read`} role="status">
        {understood(text, asset)}
      </p>
      {hint !== undefined && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  )
}

function understood(text: string, asset: string): string {
  if (text.trim() === '') return `In ${asset.split('/')[0]}.`
  const amount = smallestUnits(text, asset)
  return amount === null ? noAmount(asset).message : `= ${money(amount, asset)}`
}
