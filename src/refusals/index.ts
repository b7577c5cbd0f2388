/**
 * Every refusal that a caller can receive: its stable code, HTTP status and standard message. The
 * OpenAPI document and the error handler are both made from this list.
 */
export const REFUSALS = {
  BAD_REQUEST: [400, 'The request is malformed.'],
  MALFORMED_JSON: [400, 'The body is not the JSON document it should be.'],
  VALIDATION_FAILED: [400, 'The request does not match its schema.'],
  INVALID_CURSOR: [400, 'The cursor does not belong to this list and these filters.'],
  INVALID_SIGNATURE: [400, 'The Stripe signature does not match the body.'],
  UNAUTHORIZED: [
    401,
    'A valid credential is required: an operator sends `Authorization: Bearer <token>`, and a customer’s instance sends `X-API-Key: <key>`.',
  ],
  INSUFFICIENT_FUNDS: [402, 'The available funds do not cover the amount.'],
  BUDGET_EXCEEDED: [402, 'The amount would pass a budget of the account.'],
  FORBIDDEN: [403, 'A valid token is required in the header `X-INTERNAL-TOKEN`.'],
  PERMISSION_DENIED: [403, 'The credential lacks the permission that this call needs.'],
  ORIGIN_NOT_ALLOWED: [
    403,
    'With a session, only a page of this service may change anything: send its Origin.',
  ],
  AMOUNT_NOT_ALLOWED: [403, 'The amount is above what this token may move.'],
  NOT_FOUND: [404, 'There is nothing here.'],
  CUSTOMER_NOT_FOUND: [404, 'There is no such customer.'],
  API_KEY_NOT_FOUND: [404, 'This customer has no such API key.'],
  SESSION_NOT_FOUND: [404, 'There is no such session.'],
  PORTAL_LINK_SPENT: [410, 'The link was opened before or has expired; ask for a new one.'],
  TOKEN_NOT_FOUND: [404, 'There is no such token.'],
  ACCOUNT_NOT_FOUND: [404, 'There is no account for this user.'],
  AUTO_TOP_UP_NOT_FOUND: [404, 'Auto top-up was never set for this user.'],
  HOLD_NOT_FOUND: [404, 'There is no such hold.'],
  TRANSFER_NOT_FOUND: [404, 'There is no such transfer.'],
  REPORT_NOT_FOUND: [404, 'This customer has no such usage report, or it is no longer kept.'],
  BUDGET_NOT_FOUND: [404, 'The account has no such budget.'],
  GRANT_NOT_FOUND: [404, 'There is no such grant.'],
  WEBHOOK_ENDPOINT_NOT_FOUND: [404, 'There is no such endpoint.'],
  DELIVERY_NOT_FOUND: [404, 'This endpoint has no such delivery, or it is no longer kept.'],
  LICENSE_NOT_FOUND: [404, 'There is no such licence.'],
  PLAN_NOT_FOUND: [404, 'There is no such plan.'],
  METHOD_NOT_ALLOWED: [
    405,
    'This path does not accept this method; the Allow header lists those it accepts.',
  ],
  REQUEST_TIMEOUT: [408, 'The request took too long to arrive.'],
  ACCOUNT_EXISTS: [409, 'The user has an account with another tier or asset.'],
  ACCOUNT_NOT_EMPTY: [
    409,
    'The account has a balance or an open hold, which `?force=true` would give up.',
  ],
  ERASURE_IN_PROGRESS: [
    409,
    'The previous account of this user is still being erased; try again later.',
  ],
  ACCOUNT_FROZEN: [409, 'The account is frozen.'],
  ALREADY_REFUNDED: [409, 'The refund exceeds what is left of the charge.'],
  ASSET_MISMATCH: [409, 'The asset of the account differs from that of the price.'],
  AMOUNT_EXCEEDS_HOLD: [409, 'The amount is more than the hold set aside.'],
  CREDIT_LIMIT_IN_USE: [409, 'The account already owes more than this credit limit.'],
  GRANT_ENDED: [409, 'The grant was voided or has expired.'],
  HOLD_CLOSED: [409, 'The hold was captured, released or has expired.'],
  HOLD_NOT_YOURS: [409, 'The hold is for a dispute, which Stripe ends.'],
  BALANCE_BELOW_FLOOR: [409, 'The balance is below its floor.'],
  NOT_REFUNDABLE: [409, 'Only a charge can be refunded: a deduct or a capture.'],
  BATCH_REFUSED: [409, 'Nothing was moved: not all transfers of the batch can be made.'],
  WEBHOOK_ENDPOINT_DISABLED: [409, 'The endpoint is disabled.'],
  TOO_MANY_WEBHOOK_ENDPOINTS: [409, 'The limit of 200 endpoints is reached.'],
  API_KEY_REVOKED: [409, 'The API key is revoked or expired.'],
  TOO_MANY_BUDGETS: [409, 'The limit of 50 budgets for an account is reached.'],
  TOO_MANY_GRANTS: [409, 'The limit of 1,000 active grants for an account is reached.'],
  TOKEN_REVOKED: [409, 'The token is revoked or expired.'],
  LAST_OWNER: [
    409,
    'This is the last token that can issue others: issue another such token first.',
  ],
  ALREADY_SUBSCRIBED: [409, 'The customer has a subscription; the portal changes it.'],
  PLAN_NOT_SOLD: [409, 'The plan has no Stripe price.'],
  NOT_YET_LOGGED: [409, 'The audit log has not reached this yet; ask again in a moment.'],
  CUSTOMER_SUSPENDED: [409, 'The customer is suspended.'],
  EXTERNAL_ID_TAKEN: [409, 'Another customer has this external id.'],
  STRIPE_CUSTOMER_TAKEN: [409, 'Another customer has this Stripe customer.'],
  PRICE_TAKEN: [409, 'Another plan has this Stripe price.'],
  ASSET_NOT_PAYABLE: [409, 'Stripe takes no payments in the asset of this account.'],
  STRIPE_REFUSED: [409, 'Stripe refused the call; the log has its code.'],
  BALANCE_LIMIT: [409, 'The balance plus the credit limit would exceed 9007199254740991.'],
  PAYLOAD_TOO_LARGE: [413, 'The body is too large.'],
  UNSUPPORTED_MEDIA_TYPE: [415, 'The body must be application/json in UTF-8, not compressed.'],
  PRICE_UNKNOWN: [422, 'Stripe has no such price.'],
  IDEMPOTENCY_KEY_REUSED: [422, 'The idempotency key was used for another request.'],
  TOO_MANY_METRICS: [
    422,
    'The report would exceed the number of metric names that this customer may have.',
  ],
  RATE_LIMITED: [429, 'Too many requests; try again when Retry-After has passed.'],
  HEADERS_TOO_LARGE: [431, 'The request headers are too large or too many.'],
  INTERNAL_ERROR: [500, 'Something broke on our side; the request id helps to find it.'],
  DATABASE_UNAVAILABLE: [503, 'The database is unavailable, and nothing was stored; try again.'],
  OUTCOME_UNKNOWN: [
    503,
    'The outcome is unknown. Use the key or id given here to repeat the call, or to revoke what it may have issued.',
  ],
  OVERLOADED: [503, 'Too much work is waiting; try again.'],
  ACCOUNT_BUSY: [503, 'The account stayed locked for too long, and nothing was done; try again.'],
  TIMEOUT: [503, 'The answer took too long, and nothing was stored; try again.'],
  LOG_BEHIND: [
    503,
    'The audit log lacks records that were already published, so nothing more is signed.',
  ],
  SIGNING_KEY_MISSING: [
    503,
    'This server has no key to sign with: set LICENSE_PRIVATE_KEY_PATH, or AUDIT_LOG_KEY_PATH for the published log.',
  ],
  EVENTS_KEY_MISSING: [503, 'This server has no key to sign events with: set EVENTS_KEY_PATH.'],
  PORTAL_NOT_CONFIGURED: [503, 'PUBLIC_URL is not set on this server, so no link leads here.'],
  STRIPE_NOT_CONFIGURED: [
    503,
    'Stripe is not configured on this server: set STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET.',
  ],
  STRIPE_UNAVAILABLE: [503, 'Stripe does not answer; try again.'],
} as const satisfies Record<string, readonly [status: number, message: string]>

export type RefusalCode = keyof typeof REFUSALS

export interface RefusalDetail {
  /** JSON pointer into the body, or the name of a parameter. */
  path: string
  message: string
}

/**
 * Sent with an unknown outcome: the key or id under which the call can be repeated without happening
 * twice, or the id of what may have been issued, so that it can be revoked.
 */
export interface Repeat {
  idempotency_key?: string
  report_id?: string
  key_id?: string
  token_id?: string
  license_id?: string
  endpoint_id?: string
  /** Of a batch, each with its own; with `BATCH_REFUSED` too. */
  results?: readonly object[]
}

/** Of `BUDGET_EXCEEDED`: which one, and what remains of it. */
export interface BudgetDetail {
  budget_id: string
  remaining: number
}

/** What is wrong with the input, place by place; or the budget that would be passed. */
export type RefusalDetails = readonly RefusalDetail[] | BudgetDetail

interface RefusalOptions {
  message?: string
  details?: RefusalDetails
  repeat?: Repeat | undefined
  cause?: unknown
}

/** Thrown anywhere below a route, and answered in the one error shape. */
export class Refusal extends Error {
  readonly code: RefusalCode
  readonly statusCode: number
  readonly details: RefusalDetails | undefined
  /** Of `OUTCOME_UNKNOWN` and `BATCH_REFUSED`; answered at the top level, beside `code`. */
  readonly repeat: Repeat | undefined

  constructor(code: RefusalCode, options: RefusalOptions = {}) {
    super(options.message ?? REFUSALS[code][1], { cause: options.cause })
    this.name = 'Refusal'
    this.code = code
    this.statusCode = REFUSALS[code][0]
    this.details = options.details
    this.repeat = options.repeat
  }
}
