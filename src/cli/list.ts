import { auditFork, auditMonitor } from './audit-outside.ts'
import { auditExport, auditVerify, receiptVerify } from './audit.ts'
import type { Command } from './command.ts'
import { doctor } from './doctor.ts'
import { eventsList, eventsReplay } from './events.ts'
import { keysIssue, keysList, keysRevoke } from './keys.ts'
import { ledgerVerify } from './ledger.ts'
import { licenseVerify } from './licenses.ts'
import { migrate } from './migrate.ts'
import { subscriptionsReconcile } from './subscriptions.ts'
import { tokensIssue, tokensList, tokensRevoke, tokensRotate } from './tokens.ts'
import { usageCleanup } from './usage.ts'
import { webhooksDeliveries, webhooksList, webhooksReplay, webhooksTest } from './webhooks.ts'

/** Every command, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  doctor,
  migrate,
  keysIssue,
  keysList,
  keysRevoke,
  tokensIssue,
  tokensList,
  tokensRotate,
  tokensRevoke,
  ledgerVerify,
  licenseVerify,
  auditExport,
  auditVerify,
  auditMonitor,
  auditFork,
  receiptVerify,
  eventsList,
  eventsReplay,
  subscriptionsReconcile,
  usageCleanup,
  webhooksList,
  webhooksDeliveries,
  webhooksReplay,
  webhooksTest,
]
