import { money } from '../../shared/format.ts'
import { Show, useLoad } from '../../shared/load.tsx'
import { place } from '../../shared/router.tsx'
import { Badge, Facts, Figure, Status, Time } from '../../shared/ui.tsx'
import { api } from '../session.ts'
import { AccountActs } from './acts.tsx'
import { AutoTopUp } from './auto-top-up.tsx'
import { Budgets } from './budgets.tsx'
import { Grants } from './grants.tsx'
import { Holds } from './holds.tsx'
import { Movements } from './movements.tsx'

/** A user’s account: what there is, where it went, and why. */
export function AccountPage() {
  const userId = place.value.parts[1] ?? ''
  const account = useLoad(
    (signal) => api('getFundsAccount', { user_id: userId }, { signal }),
    [userId],
  )
  return (
    <>
      <p class="above">Account</p>
      <h1 class="name">{userId}</h1>
      <Show of={account} lines={6}>
        {(found) => (
          <>
            <div class="headline">
              <p class="states">
                <Status is={found.status} />
                {found.flags.map((flag) => (
                  <Badge tone="bad" key={flag}>
                    {flag.replaceAll('_', ' ')}
                  </Badge>
                ))}
              </p>
              <AccountActs account={found} onDone={account.reload} />
            </div>
            <div class="figures">
              <Figure name="Available" value={money(found.available ?? 0, found.asset)} />
              <Figure name="Balance" value={money(found.balance, found.asset)} />
              <Figure name="Held" value={money(found.held, found.asset)} />
              <Figure
                name="In grants"
                value={money(found.granted, found.asset)}
                note={
                  found.next_expiry === null ? undefined : (
                    <>
                      {money(found.next_expiry.amount, found.asset)} expires{' '}
                      <Time at={found.next_expiry.at} isDistance />
                    </>
                  )
                }
              />
            </div>
            <Movements account={found} />
            <div class="halves">
              <Budgets userId={userId} asset={found.asset} />
              <Grants userId={userId} asset={found.asset} />
              <Holds userId={userId} />
              <AutoTopUp userId={userId} asset={found.asset} />
            </div>
            <Facts
              of={[
                ['Tier', found.tier],
                ['Asset', found.asset],
                ['Credit limit', money(found.credit_limit, found.asset)],
                [
                  'Reported when below',
                  found.low_balance_at === null
                    ? 'Never'
                    : money(found.low_balance_at, found.asset),
                ],
                ['Opened', <Time at={found.created_at} />],
                ['Changed', <Time at={found.updated_at} />],
              ]}
            />
          </>
        )}
      </Show>
    </>
  )
}
