import { AccountExport, ErasedAccount } from './account-schemas.ts'
import { CustomerExport, ErasedCustomer } from './schemas.ts'

export { accountPrivacyRoutes } from './account-routes.ts'
export { customerPrivacyRoutes } from './customer-routes.ts'

export const privacySchemas = [CustomerExport, ErasedCustomer, AccountExport, ErasedAccount]
