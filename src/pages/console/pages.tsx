import type { FunctionComponent } from 'preact'
import { Empty } from '../shared/load.tsx'
import { AccountPage } from './account/page.tsx'
import { AccountsPage } from './accounts.tsx'
import { AuditPage } from './audit/page.tsx'
import { CustomerPage } from './customer/page.tsx'
import { CustomersPage } from './customers.tsx'
import { EndpointPage } from './events/endpoint.tsx'
import { EventsPage } from './events/page.tsx'
import { FindPage } from './find-page.tsx'
import { NowPage } from './now/page.tsx'
import { PlansPage } from './plans.tsx'
import { StripeEventPage } from './stripe/event.tsx'
import { StripePage } from './stripe/page.tsx'
import { TokensPage } from './tokens.tsx'
import { TransfersPage } from './transfers.tsx'
import { UsagePage } from './usage.tsx'

interface Found {
  title: string
  Page: FunctionComponent
}

const PAGES: Readonly<Record<string, Found>> = {
  accounts: { title: 'Accounts', Page: AccountsPage },
  transfers: { title: 'Charges', Page: TransfersPage },
  customers: { title: 'Customers', Page: CustomersPage },
  plans: { title: 'Plans', Page: PlansPage },
  usage: { title: 'Usage', Page: UsagePage },
  stripe: { title: 'Stripe’s inbox', Page: StripePage },
  events: { title: 'Events out', Page: EventsPage },
  audit: { title: 'Audit log', Page: AuditPage },
  tokens: { title: 'Tokens', Page: TokensPage },
  find: { title: 'Find', Page: FindPage },
}

/** The page of an address. */
export function pageOf([first, second, ...rest]: readonly string[]): Found {
  if (first === undefined) return { title: 'Now', Page: NowPage }
  if (rest.length > 0) return NONE
  if (second === undefined) return PAGES[first] ?? NONE
  if (first === 'accounts') return { title: second, Page: AccountPage }
  if (first === 'customers') return { title: 'Customer', Page: CustomerPage }
  if (first === 'stripe') return { title: second, Page: StripeEventPage }
  if (first === 'events') return { title: 'Endpoint', Page: EndpointPage }
  return NONE
}

const NONE: Found = {
  title: 'No such page',
  Page: () => (
    <>
      <h1>No such page</h1>
      <Empty title="Nothing is at this address.">
        The menu and the search lead to everything there is.
      </Empty>
    </>
  ),
}
