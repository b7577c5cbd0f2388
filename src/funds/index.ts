import type { Capability } from '../capability/capability.ts'
import { useDatabase } from '../database/index.ts'
import { adjustmentRoutes } from './adjustment-routes.ts'
import { checkLedger } from './check.ts'
import { budgetListRoutes, budgetRoutes } from './budgets/routes.ts'
import { Budget, BudgetPage, Check } from './budgets/schemas.ts'
import { grantListRoutes, grantRoutes } from './grants/routes.ts'
import { Grant, GrantPage } from './grants/schemas.ts'
import { funds as plugin } from './plugin.ts'
import { toldOfFunds } from './told/index.ts'
import { findingRoutes, findingSchemas, readingRoutes } from './finding/routes.ts'
import { Statement, statementRoutes } from './finding/statement-routes.ts'
import { transferBatchRoutes } from './many/routes.ts'
import { TransferBatch } from './many/schemas.ts'
import { accountPrivacyRoutes } from './privacy-routes.ts'
import { ErasedAccount, ErasingAccount, accountExport } from './privacy-schemas.ts'
import { receiptRoutes } from './receipt-routes.ts'
import { operatorRoutes } from './operator-routes.ts'
import { MoneyFlow } from './flow.ts'
import { FOR_OPERATORS, FOR_SERVICES } from './reading.ts'
import { accountReadingRoutes, accountRoutes, fundsSchemas, moneyRoutes } from './routes.ts'

declare module '../audit/record.ts' {
  interface AuditEvents {
    'account.created': true
    'account.erased': true
    'account.updated': true
    'budget.deleted': true
    'budget.updated': true
    'grant.created': true
    'grant.expired': true
    'grant.voided': true
  }
}

/** Prepaid funds: accounts, movements and holds in a double-entry ledger. */
export const funds: Capability = {
  name: 'funds',
  plugin: async (app) => app.register(plugin),
  told: toldOfFunds,
  schemas: [
    ...fundsSchemas,
    TransferBatch,
    ...findingSchemas,
    Statement,
    Grant,
    GrantPage,
    Budget,
    BudgetPage,
    Check,
    MoneyFlow,
    ErasedAccount,
    ErasingAccount,
  ],
  documents: (app) => [accountExport(app.personal.exportsOf('account'))],
  routes: {
    internal: async (scope, { config }) => {
      await scope.register(accountRoutes, { defaultAsset: config.fundsAsset })
      await scope.register(accountReadingRoutes, FOR_SERVICES)
      await scope.register(
        async (privacy) => {
          useDatabase(privacy, 'privacy')
          await privacy.register(accountPrivacyRoutes)
        },
        { prefix: '/account/:user_id' },
      )
      await scope.register(moneyRoutes)
      await scope.register(transferBatchRoutes)
      await scope.register(readingRoutes)
      await scope.register(statementRoutes, FOR_SERVICES)
      await scope.register(findingRoutes, {
        permission: 'accounts:read',
        ids: { accounts: 'listAccounts', transfers: 'findTransfers', holds: 'listHolds' },
      })
      await scope.register(grantRoutes)
      await scope.register(budgetRoutes)
      await scope.register(grantListRoutes, FOR_SERVICES)
      await scope.register(budgetListRoutes, FOR_SERVICES)
      await scope.register(receiptRoutes, FOR_SERVICES)
    },
    admin: async (scope) => {
      await scope.register(
        async (under) => {
          await under.register(adjustmentRoutes)
          await under.register(operatorRoutes)
          await under.register(accountReadingRoutes, FOR_OPERATORS)
          await under.register(grantListRoutes, FOR_OPERATORS)
          await under.register(budgetListRoutes, FOR_OPERATORS)
          await under.register(statementRoutes, FOR_OPERATORS)
          await under.register(receiptRoutes, FOR_OPERATORS)
        },
        { prefix: '/funds' },
      )
      await scope.register(findingRoutes, {
        prefix: '/funds',
        permission: 'funds:read',
        ids: {
          accounts: 'listFundsAccounts',
          transfers: 'findFundsTransfers',
          holds: 'listFundsHolds',
        },
      })
    },
  },
  checks: [checkLedger],
  triggers: ['budgets_told', 'transfers_never_go', 'transfers_only_forget'],
}
