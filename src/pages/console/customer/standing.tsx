import { useState } from 'preact/hooks'
import type { Schemas } from '../../shared/api.ts'
import { Act } from '../../shared/dialog.tsx'
import { api, may } from '../session.ts'

/** Suspends a customer, and ends that. */
export function Standing({
  customer,
  onDone,
}: {
  customer: Schemas['Customer']
  onDone: () => void
}) {
  const [isOpen, setOpen] = useState(false)
  if (!may('customers:write')) return null
  // An act that has failed may have happened all the same.
  const done = () => {
    setOpen(false)
    onDone()
  }
  const isSuspended = customer.status === 'suspended'
  return (
    <div class="actions">
      <button type="button" onClick={() => setOpen(true)}>
        {isSuspended ? 'Reinstate' : 'Suspend'}
      </button>
      {isOpen && (
        <Act
          title={isSuspended ? 'Reinstate this customer' : 'Suspend this customer'}
          verb={isSuspended ? 'Reinstate' : 'Suspend'}
          isDangerous={!isSuspended}
          {...(!isSuspended && { typed: customer.email })}
          act={() =>
            api('updateCustomer', {
              customer_id: customer.customer_id,
              status: isSuspended ? 'active' : 'suspended',
            })
          }
          onDone={done}
          onClose={done}
        >
          <p>
            {isSuspended
              ? 'All API keys that are not revoked are good again, and the licences leave the revocation list.'
              : 'Every API key is refused within a second, no licence is issued, and those issued are on the revocation list. Subscriptions at Stripe go on, and go on being paid.'}
          </p>
        </Act>
      )}
    </div>
  )
}
