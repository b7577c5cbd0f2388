import type { FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify'

/**
 * A hook that waits only where there is something to wait for: an async function would make each request
 * wait for a turn of the event loop's microtasks.
 */
export function waitingHook(
  check: (request: FastifyRequest, reply: FastifyReply) => Promise<void> | undefined,
): onRequestHookHandler {
  return (request, reply, done) => {
    // Fastify passes on what is thrown here, and waits for what is returned.
    const waiting = check(request, reply)
    if (waiting === undefined) done()
    return waiting
  }
}
