import type { Permission } from '../auth/permissions.ts'

/** One reading of an account in two scopes: for services, and under `/api/funds` for operators. */
export interface Reading {
  permission: Permission
  /** What paths of an account begin with. */
  account: '/account/:user_id' | '/accounts/:user_id'
  /** Operation ids, by what is read. */
  ids: Readonly<Record<'account' | 'grants' | 'budgets' | 'statement' | 'receipt', string>>
}

export const FOR_SERVICES: Reading = {
  permission: 'accounts:read',
  account: '/account/:user_id',
  ids: {
    account: 'getAccount',
    grants: 'listGrants',
    budgets: 'listBudgets',
    statement: 'getStatement',
    receipt: 'getReceipt',
  },
}

export const FOR_OPERATORS: Reading = {
  permission: 'funds:read',
  account: '/accounts/:user_id',
  ids: {
    account: 'getFundsAccount',
    grants: 'listFundsGrants',
    budgets: 'listFundsBudgets',
    statement: 'getFundsStatement',
    receipt: 'getFundsReceipt',
  },
}
