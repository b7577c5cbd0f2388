import { CustomerExport, ErasedCustomer } from './schemas.ts'

export { customerPrivacyRoutes } from './customer-routes.ts'

export const privacySchemas = [CustomerExport, ErasedCustomer]
