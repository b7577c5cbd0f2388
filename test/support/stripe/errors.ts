export interface ApiErrorBody {
  type: 'card_error' | 'invalid_request_error' | 'idempotency_error' | 'api_error'
  message?: string
  code?: string
  param?: string
  decline_code?: string
  payment_intent?: object
}

/** An answer in the shape of Stripe's errors. */
export class ApiError extends Error {
  /** Whether an idempotency key remembers it: Stripe forgets calls that failed before they began. */
  readonly isRemembered: boolean

  constructor(
    readonly status: number,
    readonly body: ApiErrorBody,
    { isRemembered = false }: { isRemembered?: boolean } = {},
  ) {
    super(body.message ?? body.type)
    this.isRemembered = isRemembered
  }
}

export function invalidRequest(message: string, code?: string, param?: string): ApiError {
  return new ApiError(400, {
    type: 'invalid_request_error',
    message,
    ...(code !== undefined && { code }),
    ...(param !== undefined && { param }),
  })
}

/** 404 for an object that the path names, 400 for one that another parameter names. */
export function noSuchObject(kind: string, id: string, param = 'id'): ApiError {
  return new ApiError(
    param === 'id' ? 404 : 400,
    {
      type: 'invalid_request_error',
      code: 'resource_missing',
      message: `No such ${kind}: '${id}'`,
      param,
    },
    { isRemembered: true },
  )
}

export function unauthorized(message: string): ApiError {
  return new ApiError(401, { type: 'invalid_request_error', message })
}

export function unknownUrl(method: string, path: string): ApiError {
  return new ApiError(404, {
    type: 'invalid_request_error',
    message: `Unrecognized request URL (${method}: ${path}).`,
  })
}

/** A call that the API refuses in the present state of its objects. */
export function refused(message: string, code?: string): ApiError {
  return new ApiError(
    400,
    { type: 'invalid_request_error', message, ...(code !== undefined && { code }) },
    { isRemembered: true },
  )
}
