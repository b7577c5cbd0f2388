import { MayNot, Show, useLoad } from '../../shared/load.tsx'
import { Link, hrefOf, place } from '../../shared/router.tsx'
import { Id, Status } from '../../shared/ui.tsx'
import { AuditOf } from '../audit/records.tsx'
import { api, may } from '../session.ts'
import { Tabs } from '../tabs.tsx'
import { Keys } from './keys.tsx'
import { Overview } from './overview.tsx'
import { Standing } from './standing.tsx'
import { UsageOf } from './usage.tsx'

const TABS = [
  ['overview', 'Overview'],
  ['keys', 'Keys'],
  ['usage', 'Usage'],
  ['audit', 'Audit'],
] as const

export function CustomerPage() {
  const customerId = place.value.parts[1] ?? ''
  const tab = place.value.query.get('tab') ?? 'overview'
  const found = useLoad(
    (signal) => api('getCustomer', { customer_id: customerId }, { signal }),
    [customerId],
  )
  return (
    <Show of={found} lines={8}>
      {(customer) => (
        <>
          <p class="above">Customer</p>
          <h1 class="name">{customer.company_name ?? customer.email}</h1>
          <div class="headline">
            <p class="states">
              <Status is={customer.status} />
              {customer.company_name !== null && <span>{customer.email}</span>}
              <Id of={customer.customer_id} />
              {may('funds:read') && (
                <Link href={hrefOf(['accounts', customer.customer_id])}>Prepaid account</Link>
              )}
            </p>
            <Standing customer={customer} onDone={found.reload} />
          </div>
          <Tabs of={TABS} label="About this customer" />
          {tab === 'overview' && <Overview customer={customer} />}
          {tab === 'keys' && <Keys customerId={customerId} />}
          {tab === 'usage' && <UsageOf customer={customer} />}
          {tab === 'audit' &&
            (may('audit:read') ? (
              <AuditOf subject={customerId} />
            ) : (
              <MayNot>
                It needs <code>audit:read</code>.
              </MayNot>
            ))}
        </>
      )}
    </Show>
  )
}
