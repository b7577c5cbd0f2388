import { useState } from 'preact/hooks'
import { AmountField, noAmount } from '../../shared/amount-field.tsx'
import type { Schemas } from '../../shared/api.ts'
import { Act, Field, textOf } from '../../shared/dialog.tsx'
import { money, smallestUnits } from '../../shared/format.ts'
import { api, may } from '../session.ts'

interface Props {
  account: Schemas['Account']
  onDone: () => void
}

/**
 * The keys of adjustments that have not succeeded, by what was asked for. Asked for again, also in another
 * dialog, each moves money once. They outlive what is on the page: while the service is away, that is
 * replaced by the failure.
 */
const keys = new Map<string, string>()

/** What an operator can do to an account. */
export function AccountActs({ account, onDone }: Props) {
  const [open, setOpen] = useState<'adjust' | 'freeze' | null>(null)
  if (!may('funds:write') || account.status === 'closed') return null
  // An act that has failed may have happened all the same, so the account is read again on closing too.
  const done = () => {
    setOpen(null)
    onDone()
  }
  const isFrozen = account.status === 'frozen'
  return (
    <div class="actions">
      <button type="button" onClick={() => setOpen('adjust')}>
        Adjust
      </button>
      <button type="button" onClick={() => setOpen('freeze')}>
        {isFrozen ? 'Unfreeze' : 'Freeze'}
      </button>
      {open === 'adjust' && <Adjust account={account} onDone={done} />}
      {open === 'freeze' && (
        <Act
          title={isFrozen ? 'Unfreeze this account' : 'Freeze this account'}
          verb={isFrozen ? 'Unfreeze' : 'Freeze'}
          isDangerous={!isFrozen}
          {...(!isFrozen && { typed: account.user_id })}
          act={() =>
            api('setFundsAccountStatus', {
              user_id: account.user_id,
              status: isFrozen ? 'active' : 'frozen',
            })
          }
          onDone={done}
          onClose={done}
        >
          <p>
            {isFrozen
              ? 'Charges and holds go through again, as far as the balance and the budgets allow.'
              : 'Every charge and hold is refused from now on with ACCOUNT_FROZEN. Refunds, top-ups and adjustments still go through, and no money moves by this.'}
          </p>
        </Act>
      )}
    </div>
  )
}

function Adjust({ account, onDone }: Props) {
  const adjust = async (form: FormData) => {
    const amount = smallestUnits(textOf(form, 'amount'), account.asset)
    if (amount === null || amount === 0) throw noAmount(account.asset)
    const body = { user_id: account.user_id, amount, reason: textOf(form, 'reason') }
    const text = JSON.stringify(body)
    const key = keys.get(text) ?? crypto.randomUUID()
    keys.set(text, key)
    await api('adjustFunds', body, { idempotencyKey: key })
    keys.delete(text)
  }
  return (
    <Act title="Adjust the balance" verb="Adjust" act={adjust} onDone={onDone} onClose={onDone}>
      <p>
        The balance is {money(account.balance, account.asset)}. The adjustment is a movement of its
        own, with your token and the reason in the audit log. It can be undone only by another one.
      </p>
      <AmountField
        label="Amount"
        name="amount"
        asset={account.asset}
        hint="With a minus, it is taken."
      />
      <Field label="Reason" name="reason" required maxLength={500} />
    </Act>
  )
}
