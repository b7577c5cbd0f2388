import { AccountExport, ErasedAccount, ErasingAccount } from './account-schemas.ts'
import { CustomerExport, ErasedCustomer, ErasingCustomer } from './schemas.ts'

export { accountPrivacyRoutes } from './account-routes.ts'
export { customerPrivacyRoutes } from './customer-routes.ts'

export const privacySchemas = [
  CustomerExport,
  ErasedCustomer,
  ErasingCustomer,
  AccountExport,
  ErasedAccount,
  ErasingAccount,
]
