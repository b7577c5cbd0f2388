import { useState } from 'preact/hooks'
import { ApiError } from '../shared/api.ts'
import { BASE } from '../shared/base.ts'
import { Act, Field, textOf } from '../shared/dialog.tsx'
import { smallestUnits } from '../shared/format.ts'
import { api } from './session.ts'

/** An amount of the user's, in smallest units. */
export function amountIn(form: FormData, name: string, asset: string, minimum = 1): number {
  const amount = smallestUnits(textOf(form, name), asset)
  if (amount !== null && amount >= minimum) return amount
  const facts = { code: 'VALIDATION_FAILED', status: 400, requestId: null, retryAfter: null }
  throw new ApiError(`Give an amount in ${asset.split('/')[0]}, such as 20.`, facts)
}

/** Leads to Stripe's page, where the user pays, and back here. */
export function TopUp({ userId, asset }: { userId: string; asset: string }) {
  const [isOpen, setOpen] = useState(false)
  const [key] = useState(() => crypto.randomUUID())
  const here = `${location.origin}${BASE}/portal`
  const pay = async (form: FormData) => {
    const amount = amountIn(form, 'amount', asset)
    const { url } = await api(
      'openTopUpCheckout',
      {
        user_id: userId,
        amount,
        success_url: here,
        cancel_url: here,
        ...(form.has('save') && { save_payment_method: true }),
      },
      { idempotencyKey: `${key}-${amount}` },
    )
    location.assign(url)
  }
  return (
    <>
      <button type="button" class="primary" onClick={() => setOpen(true)}>
        Top up
      </button>
      {isOpen && (
        <Act
          title="Top up"
          verb="Pay at Stripe"
          act={pay}
          onDone={() => setOpen(false)}
          onClose={() => setOpen(false)}
        >
          <Field
            label="Amount"
            name="amount"
            required
            hint={`In ${asset.split('/')[0]}. It is there when the payment is made.`}
          />
          <label class="check">
            <input type="checkbox" name="save" /> Keep my card for automatic top-ups
          </label>
        </Act>
      )}
    </>
  )
}
