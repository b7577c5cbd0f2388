import type {
  FastifyReply,
  FastifyRequest,
  HookHandlerDoneFunction,
  onRequestHookHandler,
} from 'fastify'

/**
 * A hook that waits only if the check returns a promise. An async hook would make every request
 * wait for a microtask.
 */
export function waitingHook(
  check: (request: FastifyRequest, reply: FastifyReply) => Promise<void> | undefined,
): onRequestHookHandler {
  return (request, reply, done) => {
    // Fastify handles what is thrown here.
    const waiting = check(request, reply)
    if (waiting === undefined) done()
    else void goOn(waiting, done)
  }
}

async function goOn(waiting: Promise<void>, done: HookHandlerDoneFunction): Promise<void> {
  let fault: Error | undefined
  try {
    await waiting
  } catch (error) {
    fault = error as Error
  }
  done(fault)
}
