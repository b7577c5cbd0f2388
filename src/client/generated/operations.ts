// Made from openapi.json by `npm run openapi`.

import type { Call, Operation } from '../call.ts'

export interface PublicCalls {
  /**
   * Read the state of the service and its dependencies.
   *
   * A 503 means that the database does not answer.
   */
  getHealth: Call<'getHealth'>
  /**
   * Check whether the process answers.
   *
   * Does not query the database. Use it to decide whether to restart the process.
   */
  getLiveness: Call<'getLiveness'>
  /**
   * Check whether the process is ready for requests.
   *
   * A 503 while the service shuts down or the database does not answer. Use it to decide whether to send requests to this process.
   */
  getReadiness: Call<'getReadiness'>
  /**
   * The newest checkpoint of the audit log, as a signed note.
   *
   * In the format of C2SP’s tlog-checkpoint: the origin, the size and the root, signed by the log and cosigned by its witnesses.
   */
  getLogCheckpoint: Call<'getLogCheckpoint'>
  /**
   * The verifier key of the audit log.
   *
   * In the format of C2SP’s signed-note: `<origin>+<key id>+<key>`.
   */
  getLogKey: Call<'getLogKey'>
  /**
   * A tile of hashes of the audit log.
   *
   * In the format of C2SP’s tlog-tiles. A full tile, and a part of one that the newest checkpoint covers, never changes, and may be cached for ever. While the log lacks records that were published, no tile may be cached.
   */
  getLogTile: Call<'getLogTile'>
  /**
   * The public keys that verify licences.
   */
  getKeys: Call<'getKeys'>
  /**
   * The signed list of revoked licences.
   *
   * A revocation is on the list within a second. The list is signed again every minute.
   */
  getRevocations: Call<'getRevocations'>
  /**
   * The public keys that verify events.
   *
   * A set of its own, because some libraries fail to read a set that mixes these keys with those of licences.
   */
  getEventKeys: Call<'getEventKeys'>
  /**
   * Sign a browser in to the console with a token.
   *
   * Sets a cookie that stands for the token on admin routes, for at most 12 h and no longer than the token itself. Changes made with it need the `Origin` of this service.
   */
  signIn: Call<'signIn'>
  /**
   * Read whose session of the console a browser has.
   */
  getConsoleSession: Call<'getConsoleSession'>
  /**
   * Sign a browser out of the console.
   */
  signOut: Call<'signOut'>
  /**
   * Spend a portal’s link for a session.
   *
   * Called by the page that the link leads to. Sets a cookie for 30 minutes.
   */
  openPortalSession: Call<'openPortalSession'>
  /**
   * Read whose portal a browser has open.
   */
  getPortalSession: Call<'getPortalSession'>
  /**
   * Close the portal in this browser.
   */
  closePortalSession: Call<'closePortalSession'>
}

export const publicOperations = {
  getHealth: { method: 'get', path: '/health' },
  getLiveness: { method: 'get', path: '/health/live' },
  getReadiness: { method: 'get', path: '/health/ready' },
  getLogCheckpoint: { method: 'get', path: '/log/checkpoint', answer: 'text' },
  getLogKey: { method: 'get', path: '/log/key', answer: 'text' },
  getLogTile: { method: 'get', path: '/log/tile/{path}', answer: 'bytes' },
  getKeys: { method: 'get', path: '/.well-known/jwks.json' },
  getRevocations: { method: 'get', path: '/api/licenses/revocations' },
  getEventKeys: { method: 'get', path: '/.well-known/events-jwks.json' },
  signIn: { method: 'post', path: '/console/session', answer: 'none' },
  getConsoleSession: { method: 'get', path: '/console/session' },
  signOut: { method: 'delete', path: '/console/session', answer: 'none' },
  openPortalSession: { method: 'post', path: '/portal/session/open', answer: 'none' },
  getPortalSession: { method: 'get', path: '/portal/session' },
  closePortalSession: { method: 'delete', path: '/portal/session', answer: 'none' },
} as const satisfies Record<keyof PublicCalls, Operation>

export interface CustomerCalls {
  /**
   * Read the key's own customer.
   *
   * A customer can check its key with this call, and see when the key expires.
   */
  getMe: Call<'getMe'>
  /**
   * Check whether the usable licences grant a feature, and up to what limit.
   *
   * A customer is entitled if a licence has the name as a feature that is on, or as a limit. Of several licences the most generous counts.

Needs a key with the scope `licenses:read`.
   */
  getEntitlement: Call<'getEntitlement'>
  /**
   * Report an instance's usage.
   *
   * If the plan has a price for a metric, the report pays it from the account whose `user_id` is the customer’s id: both happen, or neither. A report that was refused for lack of funds can be sent again. A metric name counts as the customer’s from its first report on. The metric values of an hour (UTC) are limited too; beyond that limit the answer is a 429 until the next hour. A report that is already stored costs nothing.

Needs a key with the scope `usage:write`.
   */
  reportUsage: Call<'reportUsage'>
  /**
   * Report what was used while there was no connection.
   *
   * Each report has its own outcome, and those of before a refused one stand. A body that does not match the schema is refused as a whole, with the place of its first fault. Give every report a `report_id`, so that the batch can be sent again. Up to 4 MiB, and 10,000 metric values in all reports together. A batch that does not fit into the values of this hour is a 429 as a whole, and nothing of it is stored; a report with too many new metric names is refused alone.

Needs a key with the scope `usage:write`.
   */
  reportUsageBatch: Call<'reportUsageBatch'>
  /**
   * Read the subscriptions of a customer: for a key, of its own.
   *
   * Ended subscriptions are left out. `subscription` is the one whose plan has the highest rank, then the newest; null if none is to a plan.

Needs a key with the scope `subscriptions:read`, or an operator’s token with the permission `subscriptions:read`.
   */
  getSubscription: Call<'getSubscription'>
  /**
   * Subscribe to a plan on Stripe's page.
   *
   * Repeating the request returns the same session, as long as it is open.

Needs a key with the scope `billing:write`, or an operator’s token with the permission `subscriptions:write`.
   */
  openSubscriptionCheckout: Call<'openSubscriptionCheckout'>
  /**
   * Change or end the subscription on Stripe's page.
   *
   * Needs a key with the scope `billing:write`, or an operator’s token with the permission `subscriptions:write`.
   */
  openPortal: Call<'openPortal'>
  /**
   * The usable licences of a customer, newest first: for a key, of its own.
   *
   * Cheap to poll: send the `etag` back as `If-None-Match`, and the answer is a 304 as long as nothing has changed. Each `token` verifies offline, with the keys of `/.well-known/jwks.json`. A page has up to 200 licences, and fewer where their features are long.

Needs a key with the scope `licenses:read`, or an operator’s token with the permission `customers:read`.
   */
  listLicenses: Call<'listLicenses'>
  /**
   * Read totals of a customer’s usage, oldest first: for a key, of its own.
   *
   * Whole hours, days or months in UTC: from the one that contains `from` to the last one that starts before `to`. By default `to` is now, and `from` a day, 30 days or a year earlier. At most a year of hours, ten years of days or months, and 10,000 totals.

Needs a key with the scope `usage:read`, or an operator’s token with the permission `usage:read`.
   */
  getUsage: Call<'getUsage'>
}

export const customerOperations = {
  getMe: { method: 'get', path: '/api/me' },
  getEntitlement: { method: 'get', path: '/api/licenses/{customer_id}/entitlements' },
  reportUsage: { method: 'post', path: '/api/usage/report', key: 'report', field: 'report_id' },
  reportUsageBatch: { method: 'post', path: '/api/usage/report/batch', key: 'reports', field: 'results' },
  getSubscription: { method: 'get', path: '/api/subscriptions/{customer_id}' },
  openSubscriptionCheckout: { method: 'post', path: '/api/subscriptions/checkout' },
  openPortal: { method: 'post', path: '/api/subscriptions/portal' },
  listLicenses: { method: 'get', path: '/api/licenses/{customer_id}' },
  getUsage: { method: 'get', path: '/api/usage/{customer_id}' },
} as const satisfies Record<keyof CustomerCalls, Operation>

export interface AdminCalls {
  /**
   * Read the subscriptions of a customer: for a key, of its own.
   *
   * Ended subscriptions are left out. `subscription` is the one whose plan has the highest rank, then the newest; null if none is to a plan.

Needs a key with the scope `subscriptions:read`, or an operator’s token with the permission `subscriptions:read`.
   */
  getSubscription: Call<'getSubscription'>
  /**
   * Subscribe to a plan on Stripe's page.
   *
   * Repeating the request returns the same session, as long as it is open.

Needs a key with the scope `billing:write`, or an operator’s token with the permission `subscriptions:write`.
   */
  openSubscriptionCheckout: Call<'openSubscriptionCheckout'>
  /**
   * Change or end the subscription on Stripe's page.
   *
   * Needs a key with the scope `billing:write`, or an operator’s token with the permission `subscriptions:write`.
   */
  openPortal: Call<'openPortal'>
  /**
   * The usable licences of a customer, newest first: for a key, of its own.
   *
   * Cheap to poll: send the `etag` back as `If-None-Match`, and the answer is a 304 as long as nothing has changed. Each `token` verifies offline, with the keys of `/.well-known/jwks.json`. A page has up to 200 licences, and fewer where their features are long.

Needs a key with the scope `licenses:read`, or an operator’s token with the permission `customers:read`.
   */
  listLicenses: Call<'listLicenses'>
  /**
   * Read totals of a customer’s usage, oldest first: for a key, of its own.
   *
   * Whole hours, days or months in UTC: from the one that contains `from` to the last one that starts before `to`. By default `to` is now, and `from` a day, 30 days or a year earlier. At most a year of hours, ten years of days or months, and 10,000 totals.

Needs a key with the scope `usage:read`, or an operator’s token with the permission `usage:read`.
   */
  getUsage: Call<'getUsage'>
  /**
   * Move money by hand, for a reason.
   *
   * Between the account of a user and `adjustments`, and recorded as `funds.adjusted` with who did it and why. It may take from a frozen account, and from none below its floor. The answer has the amount with its sign.

Needs a token with the permission `funds:write`.
   */
  adjustFunds: Call<'adjustFunds'>
  /**
   * Freeze a user’s account, or end that.
   *
   * A frozen account is not charged. Money can still be given back to it.

Needs a token with the permission `funds:write`.
   */
  setFundsAccountStatus: Call<'setFundsAccountStatus'>
  /**
   * Read a user's account.
   *
   * Needs a token with the permission `funds:read`.
   */
  getFundsAccount: Call<'getFundsAccount'>
  /**
   * Sum what moved on all accounts, by hour or day.
   *
   * By kind and asset, over at most 8 days.

Needs a token with the permission `funds:read`.
   */
  getMoneyFlow: Call<'getMoneyFlow'>
  /**
   * List a user's grants, newest first.
   *
   * With `status`, even a page that is not the last can have fewer items than `limit`. The list ends where `next_cursor` is null.

Needs a token with the permission `funds:read`.
   */
  listFundsGrants: Call<'listFundsGrants'>
  /**
   * List a user's budgets, newest first.
   *
   * Needs a token with the permission `funds:read`.
   */
  listFundsBudgets: Call<'listFundsBudgets'>
  /**
   * A statement of a user's account.
   *
   * The balance before `from`, everything that changed it before `to`, and the balance then, which is the sum of both. It is sent while it is read, however long it is. With `format=csv` it has a row for each movement, the first being `opening` and the last `closing`: one that ends without is not whole. Statements whose `from` is the `to` of the one before have each movement once, and a statement of the same times says the same whenever it is asked for.

Needs a token with the permission `funds:read`.
   */
  getFundsStatement: Call<'getFundsStatement'>
  /**
   * Prove a transfer offline, to anyone.
   *
   * With `accept: text/plain` the answer is a tlog-proof (C2SP), which proves the record against the published checkpoint and its witnesses. The proof’s `extra` is the record.

Needs a token with the permission `funds:read`.
   */
  getFundsReceipt: Call<'getFundsReceipt'>
  /**
   * List accounts, newest first.
   *
   * With several filters, or one on a value that changes with each charge, even a page that is not the last can have fewer items than `limit`. The list ends where `next_cursor` is null.

Needs a token with the permission `funds:read`.
   */
  listFundsAccounts: Call<'listFundsAccounts'>
  /**
   * Find transfers of all accounts, newest first.
   *
   * All filters that are given apply. With several filters, or one on a value that changes with each charge, even a page that is not the last can have fewer items than `limit`. The list ends where `next_cursor` is null. A page of items with long `metadata` ends before `limit`, even if it is not the last.

Needs a token with the permission `funds:read`.
   */
  findFundsTransfers: Call<'findFundsTransfers'>
  /**
   * List holds, newest first.
   *
   * With several filters, or one on a value that changes with each charge, even a page that is not the last can have fewer items than `limit`. The list ends where `next_cursor` is null. A page of items with long `metadata` ends before `limit`, even if it is not the last.

Needs a token with the permission `funds:read`.
   */
  listFundsHolds: Call<'listFundsHolds'>
  /**
   * List plans, newest first.
   *
   * A page of items with long `features` ends before `limit`, even if it is not the last.

Takes any token of its scope.
   */
  listPlans: Call<'listPlans'>
  /**
   * Read a plan.
   *
   * Takes any token of its scope.
   */
  getPlan: Call<'getPlan'>
  /**
   * Create a plan, or replace it as a whole.
   *
   * Optional fields without a value become null. Features and limits reach a licence when it is next issued: at the renewal, or when the subscription changes. A price that is left out still means the plan for subscriptions that pay it, until another plan names it.

Needs a token with the permission `plans:write`.
   */
  putPlan: Call<'putPlan'>
  /**
   * Create a customer with a first API key.
   *
   * Repeating the call with the same `Idempotency-Key` returns the first answer, but with `api_key: null`, because the key is not stored. If the first answer was lost, issue another key.

Needs a token with the permission `customers:write`.
   */
  createCustomer: Call<'createCustomer'>
  /**
   * List customers, newest first.
   *
   * A page of items with long `metadata` ends before `limit`, even if it is not the last.

Needs a token with the permission `customers:read`.
   */
  listCustomers: Call<'listCustomers'>
  /**
   * Read a customer.
   *
   * Needs a token with the permission `customers:read`.
   */
  getCustomer: Call<'getCustomer'>
  /**
   * Change a customer; suspending stops its keys.
   *
   * Other fields stay unchanged. Suspending takes effect within a second.

Needs a token with the permission `customers:write`.
   */
  updateCustomer: Call<'updateCustomer'>
  /**
   * Erase a customer for good.
   *
   * A 200 if it is complete within 2 s. Otherwise a 202: the customer is unknown to every other call, and a job deletes the rest.

Needs a token with the permission `privacy:write`.
   */
  eraseCustomer: Call<'eraseCustomer'>
  /**
   * Export everything that is stored about a customer.
   *
   * One JSON document, for the person behind the customer. It is sent while it is read, and has no size limit. It contains no key and no licence token. If something fails, the connection is cut, and what has arrived is invalid JSON; ask again.

Needs a token with the permission `privacy:write`.
   */
  exportCustomer: Call<'exportCustomer'>
  /**
   * Issue a further API key.
   *
   * Needs a token with the permission `keys:write`.
   */
  issueApiKey: Call<'issueApiKey'>
  /**
   * List a customer's API keys, never their secrets.
   *
   * Needs a token with the permission `customers:read`.
   */
  listApiKeys: Call<'listApiKeys'>
  /**
   * Count the calls with an API key by hour or day, oldest first.
   *
   * Whole hours or days in UTC: from the one that contains `from` to the last one that starts before `to`. By default `to` is now, and `from` a day or 30 days earlier. Calls are counted within a few seconds; hours and days without calls are left out.

Needs a token with the permission `customers:read`.
   */
  listApiKeyCalls: Call<'listApiKeyCalls'>
  /**
   * Replace an API key; both are valid for an overlap.
   *
   * The answer has a new key, with the name of the old one. The old key works until `overlap_seconds` have passed; without an overlap it ends at once.

Needs a token with the permission `keys:write`.
   */
  rotateApiKey: Call<'rotateApiKey'>
  /**
   * Revoke an API key; every replica refuses it within a second.
   *
   * Revoking a key again changes nothing and is a 204 too.

Needs a token with the permission `keys:write`.
   */
  revokeApiKey: Call<'revokeApiKey'>
  /**
   * Issue a token for an operator or a service.
   *
   * Only this answer contains the token. It takes a `role` or `permissions`, and can do no more than the token that makes it; only owners make tokens of services.

Needs a token with the permission `tokens:write`.
   */
  issueToken: Call<'issueToken'>
  /**
   * List tokens of operators and services, never their secrets.
   *
   * Needs a token with the permission `tokens:write`.
   */
  listTokens: Call<'listTokens'>
  /**
   * Replace a token; both are valid for an overlap.
   *
   * The new token has another id, and the name, rights, limits, expiry and day’s sum of the old one.

Needs a token with the permission `tokens:write`.
   */
  rotateToken: Call<'rotateToken'>
  /**
   * Revoke a token; every replica refuses it within a second.
   *
   * Revoking a token again changes nothing and is a 204 too.

Needs a token with the permission `tokens:write`.
   */
  revokeToken: Call<'revokeToken'>
  /**
   * List what is billed otherwise than it should be, newest first.
   *
   * `duplicate_subscription`: the customer pays twice for the same plan. `late_usage`: it was told after the invoice of its period was final, and is billed in the next; or not at all, if the subscription has ended. `usage_not_correctable`: it was corrected when Stripe could cancel it no more. `unbilled_usage`: for 34 days the customer had no Stripe customer, so nobody is billed. The newest 1,000 of each; those of use for as long as reports are kept.

Needs a token with the permission `subscriptions:read`.
   */
  listSubscriptionFindings: Call<'listSubscriptionFindings'>
  /**
   * Issue a licence by hand.
   *
   * Without `plan` the licence is for the customer’s own plan; with null it is for none. `features` and `limits` replace those of the plan. Without `expires_at` it is valid for the plan’s `license_days`, or 30. No subscription changes or ends it.

Needs a token with the permission `licenses:write`.
   */
  issueLicense: Call<'issueLicense'>
  /**
   * Put a licence on the revocation list.
   *
   * Revoking a licence again changes nothing. A subscription’s licence stays revoked until the next period is paid or its plan changes.

Needs a token with the permission `licenses:write`.
   */
  revokeLicense: Call<'revokeLicense'>
  /**
   * Read totals over all customers, oldest first.
   *
   * Whole hours, days or months in UTC: from the one that contains `from` to the last one that starts before `to`. By default `to` is now, and `from` a day, 30 days or a year earlier.

Needs a token with the permission `usage:read`.
   */
  getUsageOfAll: Call<'getUsageOfAll'>
  /**
   * List the customers with the most usage of a metric.
   *
   * Covers whole days in UTC: the last 30 by default.

Needs a token with the permission `usage:read`.
   */
  getTopUsage: Call<'getTopUsage'>
  /**
   * List anomalies of usage and exceeded limits, newest first.
   *
   * An `anomaly` is an hour whose sum is more than 5 robust standard deviations (from the median absolute deviation, at least a tenth of the median) above the median of the last 10 to 30 hours in which the customer reported the metric; noted once a day. `limit_exceeded` is noted once a month.

Needs a token with the permission `usage:read`.
   */
  listUsageFindings: Call<'listUsageFindings'>
  /**
   * Take a report back.
   *
   * It no longer counts in totals and limits, what was paid for it from funds is given back, and Stripe is told. A report is corrected once; sent again under its id, it is still known.

Needs a token with the permission `usage:write`.
   */
  correctUsage: Call<'correctUsage'>
  /**
   * Delete old reports now; their totals stay.
   *
   * From then on, reports from before the cutoff are refused, because the ids of deleted reports are forgotten, and a copy would count again. `deleted` is how many are gone at the time of the answer; a job deletes the rest, if there are too many for one call.

Needs a token with the permission `usage:write`.
   */
  cleanUpUsage: Call<'cleanUpUsage'>
  /**
   * Read how a user's account is topped up by itself, if it is.
   *
   * Needs a token with the permission `funds:read`.
   */
  getFundsAutoTopUp: Call<'getFundsAutoTopUp'>
  /**
   * Create an endpoint that events are sent to from now on.
   *
   * Only this answer contains the secret.

Needs a token with the permission `events:write`.
   */
  createWebhookEndpoint: Call<'createWebhookEndpoint'>
  /**
   * List endpoints, without their secrets.
   *
   * Needs a token with the permission `events:read`.
   */
  listWebhookEndpoints: Call<'listWebhookEndpoints'>
  /**
   * Read an endpoint.
   *
   * Needs a token with the permission `events:read`.
   */
  getWebhookEndpoint: Call<'getWebhookEndpoint'>
  /**
   * Change an endpoint, or switch it off and on.
   *
   * The change applies to events from now on. If an endpoint is disabled, its waiting deliveries become `failed`, and events in the meantime are parked. Both can be replayed.

Needs a token with the permission `events:write`.
   */
  updateWebhookEndpoint: Call<'updateWebhookEndpoint'>
  /**
   * Delete an endpoint and its deliveries.
   *
   * Needs a token with the permission `events:write`.
   */
  deleteWebhookEndpoint: Call<'deleteWebhookEndpoint'>
  /**
   * Replace the secret of an endpoint; both sign during an overlap.
   *
   * Needs a token with the permission `events:write`.
   */
  rotateWebhookSecret: Call<'rotateWebhookSecret'>
  /**
   * List what was sent to an endpoint, newest first.
   *
   * Needs a token with the permission `events:read`.
   */
  listWebhookDeliveries: Call<'listWebhookDeliveries'>
  /**
   * Send deliveries again: one, or all from a number on.
   *
   * Deliveries keep their `webhook-id` and number.

Needs a token with the permission `events:write`.
   */
  replayWebhookDeliveries: Call<'replayWebhookDeliveries'>
  /**
   * Send `test.ping` to an endpoint.
   *
   * Needs a token with the permission `events:write`.
   */
  testWebhookEndpoint: Call<'testWebhookEndpoint'>
  /**
   * Pull the events of the last 30 days, oldest first.
   *
   * All events are numbered in one sequence without gaps; each endpoint also has numbers of its own. A page may be shorter than its limit: `next_cursor` says whether it is the last.

Needs a token with the permission `events:read`.
   */
  listEvents: Call<'listEvents'>
  /**
   * List the events that Stripe has sent, newest first.
   *
   * Where few events match, even a page that is not the last can have fewer than `limit`. The list ends where `next_cursor` is null.

Needs a token with the permission `events:read`.
   */
  listStripeEvents: Call<'listStripeEvents'>
  /**
   * Read a Stripe event.
   *
   * Needs a token with the permission `events:read`.
   */
  getStripeEvent: Call<'getStripeEvent'>
  /**
   * Apply a stored event again; nothing is done twice.
   *
   * Needs a token with the permission `events:write`.
   */
  replayStripeEvent: Call<'replayStripeEvent'>
  /**
   * List the audit log, newest first.
   *
   * If a `subject` names both a user and something else, the list has the records of both. With several filters, or one on a value that changes with each charge, even a page that is not the last can have fewer items than `limit`. The list ends where `next_cursor` is null. A page of items with long `metadata` ends before `limit`, even if it is not the last.

Needs a token with the permission `audit:read`.
   */
  listAudit: Call<'listAudit'>
  /**
   * A signed statement of the log's size and Merkle root.
   *
   * Needs a token with the permission `audit:read`.
   */
  getAuditCheckpoint: Call<'getAuditCheckpoint'>
  /**
   * Prove that a record is in the log, or that the log has only grown.
   *
   * With `index`: proves that the record is in the tree of `size`, and returns that tree’s root. Without: proves that the newest checkpoint’s tree begins with the tree of `size`, and returns the checkpoint’s size and root. Proofs are those of RFC 6962.

Needs a token with the permission `audit:read`.
   */
  getAuditProof: Call<'getAuditProof'>
  /**
   * Read what `strongroom doctor` finds from inside the service.
   *
   * The parts of the checklist that read no records: settings, files, database, network and machine. At most a minute old. The command goes through all of it.

Needs a token with the permission `metrics:read`.
   */
  getChecklist: Call<'getChecklist'>
  /**
   * An entry bundle of the audit log: up to 256 records.
   *
   * In the format of C2SP’s tlog-tiles: each record as it was hashed, preceded by its length in two bytes.

Needs a token with the permission `audit:read`.
   */
  getLogEntries: Call<'getLogEntries'>
  /**
   * List the browsers that are signed in, newest first.
   *
   * Those of the calling token; with `tokens:write` those of all tokens.

Takes any token of its scope.
   */
  listConsoleSessions: Call<'listConsoleSessions'>
  /**
   * Sign another browser out.
   *
   * One of the calling token; with `tokens:write` any.

Takes any token of its scope.
   */
  endConsoleSession: Call<'endConsoleSession'>
  /**
   * Metrics for Prometheus.
   *
   * Takes the admin token or METRICS_TOKEN.

Needs a token with the permission `metrics:read`.
   */
  getMetrics: Call<'getMetrics'>
}

export const adminOperations = {
  getSubscription: { method: 'get', path: '/api/subscriptions/{customer_id}' },
  openSubscriptionCheckout: { method: 'post', path: '/api/subscriptions/checkout' },
  openPortal: { method: 'post', path: '/api/subscriptions/portal' },
  listLicenses: { method: 'get', path: '/api/licenses/{customer_id}' },
  getUsage: { method: 'get', path: '/api/usage/{customer_id}' },
  adjustFunds: { method: 'post', path: '/api/funds/adjustments', key: 'header', field: 'transfer_id' },
  setFundsAccountStatus: { method: 'patch', path: '/api/funds/accounts/{user_id}' },
  getFundsAccount: { method: 'get', path: '/api/funds/accounts/{user_id}' },
  getMoneyFlow: { method: 'get', path: '/api/funds/flow' },
  listFundsGrants: { method: 'get', path: '/api/funds/accounts/{user_id}/grants' },
  listFundsBudgets: { method: 'get', path: '/api/funds/accounts/{user_id}/budgets' },
  getFundsStatement: { method: 'get', path: '/api/funds/accounts/{user_id}/statement' },
  getFundsReceipt: { method: 'get', path: '/api/funds/transfers/{transfer_id}/receipt' },
  listFundsAccounts: { method: 'get', path: '/api/funds/accounts' },
  findFundsTransfers: { method: 'get', path: '/api/funds/transfers' },
  listFundsHolds: { method: 'get', path: '/api/funds/holds' },
  listPlans: { method: 'get', path: '/api/plans' },
  getPlan: { method: 'get', path: '/api/plans/{plan_id}' },
  putPlan: { method: 'put', path: '/api/plans/{plan_id}' },
  createCustomer: { method: 'post', path: '/api/customers', key: 'header', field: 'customer' },
  listCustomers: { method: 'get', path: '/api/customers' },
  getCustomer: { method: 'get', path: '/api/customers/{customer_id}' },
  updateCustomer: { method: 'patch', path: '/api/customers/{customer_id}' },
  eraseCustomer: { method: 'delete', path: '/api/customers/{customer_id}' },
  exportCustomer: { method: 'get', path: '/api/customers/{customer_id}/export' },
  issueApiKey: { method: 'post', path: '/api/customers/{customer_id}/api-keys' },
  listApiKeys: { method: 'get', path: '/api/customers/{customer_id}/api-keys' },
  listApiKeyCalls: { method: 'get', path: '/api/customers/{customer_id}/api-keys/{key_id}/calls' },
  rotateApiKey: { method: 'post', path: '/api/customers/{customer_id}/api-keys/{key_id}/rotate' },
  revokeApiKey: { method: 'delete', path: '/api/customers/{customer_id}/api-keys/{key_id}', answer: 'none' },
  issueToken: { method: 'post', path: '/api/tokens' },
  listTokens: { method: 'get', path: '/api/tokens' },
  rotateToken: { method: 'post', path: '/api/tokens/{token_id}/rotate' },
  revokeToken: { method: 'delete', path: '/api/tokens/{token_id}', answer: 'none' },
  listSubscriptionFindings: { method: 'get', path: '/api/subscriptions/findings' },
  issueLicense: { method: 'post', path: '/api/licenses' },
  revokeLicense: { method: 'post', path: '/api/licenses/{license_id}/revoke' },
  getUsageOfAll: { method: 'get', path: '/api/usage' },
  getTopUsage: { method: 'get', path: '/api/usage/top' },
  listUsageFindings: { method: 'get', path: '/api/usage/anomalies' },
  correctUsage: { method: 'post', path: '/api/usage/{customer_id}/corrections', key: 'report', field: 'correction_id' },
  cleanUpUsage: { method: 'delete', path: '/api/usage/cleanup' },
  getFundsAutoTopUp: { method: 'get', path: '/api/funds/accounts/{user_id}/auto_top_up' },
  createWebhookEndpoint: { method: 'post', path: '/api/webhook-endpoints' },
  listWebhookEndpoints: { method: 'get', path: '/api/webhook-endpoints' },
  getWebhookEndpoint: { method: 'get', path: '/api/webhook-endpoints/{endpoint_id}' },
  updateWebhookEndpoint: { method: 'patch', path: '/api/webhook-endpoints/{endpoint_id}' },
  deleteWebhookEndpoint: { method: 'delete', path: '/api/webhook-endpoints/{endpoint_id}', answer: 'none' },
  rotateWebhookSecret: { method: 'post', path: '/api/webhook-endpoints/{endpoint_id}/rotate' },
  listWebhookDeliveries: { method: 'get', path: '/api/webhook-endpoints/{endpoint_id}/deliveries' },
  replayWebhookDeliveries: { method: 'post', path: '/api/webhook-endpoints/{endpoint_id}/replay', answer: 'none' },
  testWebhookEndpoint: { method: 'post', path: '/api/webhook-endpoints/{endpoint_id}/test', answer: 'none', bare: true },
  listEvents: { method: 'get', path: '/api/events' },
  listStripeEvents: { method: 'get', path: '/api/stripe/events' },
  getStripeEvent: { method: 'get', path: '/api/stripe/events/{event_id}' },
  replayStripeEvent: { method: 'post', path: '/api/stripe/events/{event_id}/replay', bare: true },
  listAudit: { method: 'get', path: '/api/audit' },
  getAuditCheckpoint: { method: 'get', path: '/api/audit/checkpoint' },
  getAuditProof: { method: 'get', path: '/api/audit/proof' },
  getChecklist: { method: 'get', path: '/api/doctor' },
  getLogEntries: { method: 'get', path: '/log/tile/entries/{path}', answer: 'bytes' },
  listConsoleSessions: { method: 'get', path: '/console/sessions' },
  endConsoleSession: { method: 'delete', path: '/console/sessions/{session_id}', answer: 'none' },
  getMetrics: { method: 'get', path: '/metrics', answer: 'text' },
} as const satisfies Record<keyof AdminCalls, Operation>

export interface InternalCalls {
  /**
   * Make a link that opens a user’s portal.
   *
   * The link opens once and within 5 minutes. Then the browser has a session of 30 minutes for that account alone, which also ends with the calling token.

Needs a token with the permission `accounts:read`.
   */
  invitePortal: Call<'invitePortal'>
  /**
   * Open a user's account.
   *
   * The answer is a 201 for a new account, and a 200 when the user has one with the same tier and asset. Without `asset` the account has the default one, which `FUNDS_ASSET` sets.

Needs a token with the permission `accounts:write`.
   */
  openAccount: Call<'openAccount'>
  /**
   * Change a user's tier, status, credit limit or low-balance mark.
   *
   * `credit_limit` needs the permission `credit:write` too.

Needs a token with the permission `accounts:write`.
   */
  updateAccount: Call<'updateAccount'>
  /**
   * Read a user's account.
   *
   * Needs a token with the permission `accounts:read`.
   */
  getAccount: Call<'getAccount'>
  /**
   * Erase a user's account for good.
   *
   * A 200 if it is complete within 2 s. Otherwise a 202: the account is closed and unknown to every other call, and a job deletes the rest.

Needs a token with the permission `privacy:write`.
   */
  eraseAccount: Call<'eraseAccount'>
  /**
   * Read a user's balance.
   *
   * Includes every acknowledged movement, whichever replica answers. With `at`, returns the balance at that time.

Needs a token with the permission `accounts:read`.
   */
  getBalance: Call<'getBalance'>
  /**
   * List a user's transfers, newest first.
   *
   * A page of items with long `metadata` ends before `limit`, even if it is not the last.

Needs a token with the permission `accounts:read`.
   */
  listTransfers: Call<'listTransfers'>
  /**
   * Export everything that is stored about a user.
   *
   * One JSON document: the account, its transfers with all notes on them, holds, payments, and Stripe’s events about them. If something fails, the connection is cut, and what has arrived is invalid JSON; ask again.

Needs a token with the permission `privacy:write`.
   */
  exportAccount: Call<'exportAccount'>
  /**
   * Charge a user: money goes from the user's account to revenue.
   *
   * If the available funds do not cover a charge, all of it is refused.

Needs a token with the permission `funds:deduct`.
   */
  deduct: Call<'deduct'>
  /**
   * Add to a user's funds.
   *
   * Also works for a frozen account, which refuses only deducts and new holds.

Needs a token with the permission `funds:top_up`.
   */
  topUp: Call<'topUp'>
  /**
   * Refund a charge, in part or in full.
   *
   * All refunds of a charge together never exceed it.

Needs a token with the permission `funds:refund`.
   */
  refund: Call<'refund'>
  /**
   * Set money aside for a later charge.
   *
   * The amount stays in the balance but is no longer available, until the hold is captured, released or expires.

Needs a token with the permission `funds:hold`.
   */
  createHold: Call<'createHold'>
  /**
   * List holds, newest first.
   *
   * With several filters, or one on a value that changes with each charge, even a page that is not the last can have fewer items than `limit`. The list ends where `next_cursor` is null. A page of items with long `metadata` ends before `limit`, even if it is not the last.

Needs a token with the permission `accounts:read`.
   */
  listHolds: Call<'listHolds'>
  /**
   * Charge a hold, in part or in full; the rest is released.
   *
   * Repeating the capture returns the first answer.

Needs a token with the permission `funds:hold`.
   */
  captureHold: Call<'captureHold'>
  /**
   * Release a hold.
   *
   * Repeating the release returns the first answer.

Needs a token with the permission `funds:hold`.
   */
  releaseHold: Call<'releaseHold'>
  /**
   * Charge, top up, refund, hold, capture and release, many at once.
   *
   * Each transfer has the result that its call alone would have: its status, its answer or its refusal, under its own `idempotency_key`. Only what is wrong with the list itself refuses the batch. Transfers of one account are made in order, unless the account is locked meanwhile. With `atomic`, they are made in order and in one transaction, all or none: otherwise the answer is a 409 `BATCH_REFUSED` with `results`, and nothing has moved. Up to 4 MiB, and no header `Idempotency-Key`. Each transfer needs the permission of its own call, and is a 403 in its result without it.

Needs a token with one of the permissions `funds:deduct`, `funds:hold`, `funds:refund`, `funds:top_up`.
   */
  moveMany: Call<'moveMany'>
  /**
   * Read a transfer.
   *
   * Needs a token with the permission `accounts:read`.
   */
  getTransfer: Call<'getTransfer'>
  /**
   * Read a hold as it is now.
   *
   * Needs a token with the permission `accounts:read`.
   */
  getHold: Call<'getHold'>
  /**
   * A statement of a user's account.
   *
   * The balance before `from`, everything that changed it before `to`, and the balance then, which is the sum of both. It is sent while it is read, however long it is. With `format=csv` it has a row for each movement, the first being `opening` and the last `closing`: one that ends without is not whole. Statements whose `from` is the `to` of the one before have each movement once, and a statement of the same times says the same whenever it is asked for.

Needs a token with the permission `accounts:read`.
   */
  getStatement: Call<'getStatement'>
  /**
   * List accounts, newest first.
   *
   * With several filters, or one on a value that changes with each charge, even a page that is not the last can have fewer items than `limit`. The list ends where `next_cursor` is null.

Needs a token with the permission `accounts:read`.
   */
  listAccounts: Call<'listAccounts'>
  /**
   * Find transfers of all accounts, newest first.
   *
   * All filters that are given apply. With several filters, or one on a value that changes with each charge, even a page that is not the last can have fewer items than `limit`. The list ends where `next_cursor` is null. A page of items with long `metadata` ends before `limit`, even if it is not the last.

Needs a token with the permission `accounts:read`.
   */
  findTransfers: Call<'findTransfers'>
  /**
   * Grant a user credit that is spent before other money, and may expire.
   *
   * Needs a token with the permission `credit:write`.
   */
  createGrant: Call<'createGrant'>
  /**
   * End a grant now.
   *
   * What remains of it leaves the balance, but for what open holds still need.

Needs a token with the permission `credit:write`.
   */
  voidGrant: Call<'voidGrant'>
  /**
   * Read a grant.
   *
   * Needs a token with the permission `accounts:read`.
   */
  getGrant: Call<'getGrant'>
  /**
   * Make a budget of an account, or change it.
   *
   * It counts from now on. Another `amount`, `mode` or `alert_at` keeps what is used; another window, time zone or match starts anew.

Needs a token with the permission `credit:write`.
   */
  putBudget: Call<'putBudget'>
  /**
   * Read a budget, with what is used of it now.
   *
   * Needs a token with the permission `accounts:read`.
   */
  getBudget: Call<'getBudget'>
  /**
   * Delete a budget.
   *
   * Needs a token with the permission `credit:write`.
   */
  deleteBudget: Call<'deleteBudget'>
  /**
   * Ask whether a charge would be let through; it moves nothing.
   *
   * Needs a token with the permission `accounts:read`.
   */
  check: Call<'check'>
  /**
   * List a user's grants, newest first.
   *
   * With `status`, even a page that is not the last can have fewer items than `limit`. The list ends where `next_cursor` is null.

Needs a token with the permission `accounts:read`.
   */
  listGrants: Call<'listGrants'>
  /**
   * List a user's budgets, newest first.
   *
   * Needs a token with the permission `accounts:read`.
   */
  listBudgets: Call<'listBudgets'>
  /**
   * Prove a transfer offline, to anyone.
   *
   * With `accept: text/plain` the answer is a tlog-proof (C2SP), which proves the record against the published checkpoint and its witnesses. The proof’s `extra` is the record.

Needs a token with the permission `accounts:read`.
   */
  getReceipt: Call<'getReceipt'>
  /**
   * Count accounts by tier, and active Stripe subscriptions.
   *
   * Needs a token with the permission `stats:read`.
   */
  countSubscriptions: Call<'countSubscriptions'>
  /**
   * Let a user pay for a top-up on Stripe's page.
   *
   * The account is topped up once, when Stripe says that the payment is made. What Stripe takes back later (a refund or a lost dispute) is taken back from the account, even below its floor.

Needs a token with the permission `funds:top_up`.
   */
  openTopUpCheckout: Call<'openTopUpCheckout'>
  /**
   * Set how a user's account is topped up by itself.
   *
   * A balance that falls below `threshold` leaves one payment with the saved payment method, in the transaction of the charge. No other begins while one is open. `enabled: true` lifts a pause.

Needs a token with the permission `credit:write`.
   */
  setAutoTopUp: Call<'setAutoTopUp'>
  /**
   * Read how a user's account is topped up by itself.
   *
   * Needs a token with the permission `accounts:read`.
   */
  getAutoTopUp: Call<'getAutoTopUp'>
}

export const internalOperations = {
  invitePortal: { method: 'post', path: '/portal/session' },
  openAccount: { method: 'post', path: '/account' },
  updateAccount: { method: 'patch', path: '/account/{user_id}' },
  getAccount: { method: 'get', path: '/account/{user_id}' },
  eraseAccount: { method: 'delete', path: '/account/{user_id}' },
  getBalance: { method: 'get', path: '/balance/{user_id}' },
  listTransfers: { method: 'get', path: '/account/{user_id}/transfers' },
  exportAccount: { method: 'get', path: '/account/{user_id}/export' },
  deduct: { method: 'post', path: '/deduct', key: 'header', field: 'transfer_id' },
  topUp: { method: 'post', path: '/top_up', key: 'header', field: 'transfer_id' },
  refund: { method: 'post', path: '/refund', key: 'header', field: 'transfer_id' },
  createHold: { method: 'post', path: '/holds', key: 'header', field: 'hold_id' },
  listHolds: { method: 'get', path: '/holds' },
  captureHold: { method: 'post', path: '/holds/{hold_id}/capture', key: 'header', field: 'hold_id' },
  releaseHold: { method: 'post', path: '/holds/{hold_id}/release', key: 'header', field: 'hold_id' },
  moveMany: { method: 'post', path: '/transfers/batch', key: 'transfers', field: 'results' },
  getTransfer: { method: 'get', path: '/transfers/{transfer_id}' },
  getHold: { method: 'get', path: '/holds/{hold_id}' },
  getStatement: { method: 'get', path: '/account/{user_id}/statement' },
  listAccounts: { method: 'get', path: '/accounts' },
  findTransfers: { method: 'get', path: '/transfers' },
  createGrant: { method: 'post', path: '/grants', key: 'header', field: 'grant_id' },
  voidGrant: { method: 'post', path: '/grants/{grant_id}/void', key: 'header', field: 'grant_id' },
  getGrant: { method: 'get', path: '/grants/{grant_id}' },
  putBudget: { method: 'put', path: '/account/{user_id}/budgets/{budget_id}' },
  getBudget: { method: 'get', path: '/account/{user_id}/budgets/{budget_id}' },
  deleteBudget: { method: 'delete', path: '/account/{user_id}/budgets/{budget_id}', answer: 'none' },
  check: { method: 'post', path: '/check' },
  listGrants: { method: 'get', path: '/account/{user_id}/grants' },
  listBudgets: { method: 'get', path: '/account/{user_id}/budgets' },
  getReceipt: { method: 'get', path: '/transfers/{transfer_id}/receipt' },
  countSubscriptions: { method: 'get', path: '/stats/subscription_count' },
  openTopUpCheckout: { method: 'post', path: '/top_up/checkout', key: 'header', field: 'checkout_session_id' },
  setAutoTopUp: { method: 'put', path: '/account/{user_id}/auto_top_up' },
  getAutoTopUp: { method: 'get', path: '/account/{user_id}/auto_top_up' },
} as const satisfies Record<keyof InternalCalls, Operation>
