import { useState } from 'preact/hooks'
import { AmountField, amountIn } from '../shared/amount-field.tsx'
import { BASE } from '../shared/base.ts'
import { Act } from '../shared/dialog.tsx'
import { api } from './session.ts'

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
          <AmountField
            label="Amount"
            name="amount"
            asset={asset}
            hint="It is there when the payment is made."
          />
          <label class="check">
            <input type="checkbox" name="save" /> Keep my card for automatic top-ups
          </label>
        </Act>
      )}
    </>
  )
}
