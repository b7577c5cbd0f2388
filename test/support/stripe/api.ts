import { ApiError, unauthorized, unknownUrl } from './errors.ts'
import { expanded } from './expand.ts'
import type { Fault } from './faults.ts'
import type { Form } from './form.ts'
import { type Answer, type Outcome, createIdempotency } from './idempotency.ts'
import { Params } from './params.ts'
import { findRoute } from './routes/index.ts'
import { type World, newId } from './world.ts'

export interface ApiRequest {
  method: string
  path: string
  params: Form
  idempotencyKey: string | null
  /** The header as received. */
  authorization: string | undefined
}

/**
 * The API without its HTTP: authentication, repetition, and the call itself.
 * @param delay waits as the fault of that name requires; the idempotency key is in use meanwhile
 */
export function createApi(world: World, secretKey: string, delay: (path: string) => Promise<void>) {
  const once = createIdempotency(world.clock)

  /** @param fault strikes this request; this function answers it only if it is a 500 */
  return async function answerTo(
    request: ApiRequest,
    fault: Fault | undefined,
  ): Promise<{ answer: Answer; isReplay: boolean }> {
    const requestId = newId('req_', 14)
    const work = async (): Promise<Outcome> => {
      const isBroken = fault?.kind === 'fail' && fault.status === 500
      if (isBroken && fault.when === 'before') return brokenAnswer(requestId)
      await delay(request.path)
      const outcome = perform(world, request, requestId)
      return isBroken ? brokenAnswer(requestId) : outcome
    }
    try {
      checkKey(request.authorization, secretKey)
      const { method, path: endpoint, idempotencyKey: key } = request
      if (method !== 'POST' || key === null) return { ...(await work()), isReplay: false }
      const params = JSON.stringify(request.params)
      const { answer, isReplay } = await once({ key, endpoint, params }, work)
      return { answer: isReplay ? replayed(answer, requestId) : answer, isReplay }
    } catch (error) {
      return { answer: errorAnswer(error, requestId), isReplay: false }
    }
  }
}

/** Performs the call in one go: nothing else happens in between. */
function perform(world: World, request: ApiRequest, requestId: string): Outcome {
  const { method, path, params: form, idempotencyKey } = request
  world.caller = { id: requestId, idempotency_key: idempotencyKey }
  try {
    const found = findRoute(method, path)
    if (found === undefined) throw unknownUrl(method, path)
    const { expand = [], ...others } = form
    const paths = new Params({ expand }).texts('expand') ?? []
    const object = found.route.answer({ world, id: found.id, params: new Params(others) })
    return {
      answer: jsonAnswer(200, expanded(world, object, paths), requestId),
      isRemembered: true,
    }
  } catch (error) {
    const isRemembered = error instanceof ApiError && error.isRemembered
    return { answer: errorAnswer(error, requestId), isRemembered }
  } finally {
    world.caller = { id: null, idempotency_key: null }
  }
}

function replayed(answer: Answer, requestId: string): Answer {
  return {
    ...answer,
    headers: {
      ...answer.headers,
      'request-id': requestId,
      'original-request': answer.headers['request-id'] ?? '',
      'idempotent-replayed': 'true',
    },
  }
}

/** An error inside Stripe is remembered too, so repeating the call is useless. */
function brokenAnswer(requestId: string): Outcome {
  const answer = failureAnswer(500, requestId)
  return {
    answer: { ...answer, headers: { ...answer.headers, 'stripe-should-retry': 'false' } },
    isRemembered: true,
  }
}

/** An error that no call has caused. */
export function failureAnswer(status: number, requestId: string = newId('req_', 14)): Answer {
  const isLimit = status === 429
  const error = {
    type: isLimit ? 'invalid_request_error' : 'api_error',
    ...(isLimit && { code: 'rate_limit' }),
    message: isLimit ? 'Request rate limit exceeded.' : 'An unknown error occurred.',
  }
  return jsonAnswer(status, { error }, requestId)
}

/** An error of the stand-in itself becomes a 500 that names its origin. */
function errorAnswer(error: unknown, requestId: string): Answer {
  if (error instanceof ApiError) return jsonAnswer(error.status, { error: error.body }, requestId)
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return jsonAnswer(500, { error: { type: 'api_error', message } }, requestId)
}

function jsonAnswer(status: number, body: object, requestId: string): Answer {
  return { status, headers: { 'request-id': requestId }, body: JSON.stringify(body, null, 2) }
}

/** `Bearer <key>`, or Basic with the key as the user's name. */
function checkKey(authorization: string | undefined, secretKey: string): void {
  const [scheme = '', credential = ''] = (authorization ?? '').split(' ')
  const isBasic = scheme.toLowerCase() === 'basic'
  const [basicKey = ''] = Buffer.from(credential, 'base64').toString('utf8').split(':')
  const key = isBasic ? basicKey : credential
  if (key === '') throw unauthorized('You did not provide an API key.')
  if (key !== secretKey) throw unauthorized(`Invalid API Key provided: ${key.slice(0, 8)}****`)
}
