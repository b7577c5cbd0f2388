import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const ENDPOINTS = 3

/**
 * Runs `work` while three endpoints ask for `funds.*`, charges included, and take all that is sent to
 * them.
 */
export async function withListeners<T>(
  origin: string,
  adminToken: string,
  work: () => Promise<T>,
): Promise<T> {
  const receiver = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(204).end())
  })
  const { port } = await listening(receiver)
  const call = (method: string, path: string, body?: object) =>
    fetch(`${origin}/api/webhook-endpoints${path}`, {
      method,
      headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
  const ids: string[] = []
  try {
    for (let n = 0; n < ENDPOINTS; n++) {
      const url = `http://127.0.0.1:${port}/${n}`
      const answer = await call('POST', '', { url, events: ['funds.*'] })
      const { endpoint } = (await answer.json()) as { endpoint: { endpoint_id: string } }
      ids.push(endpoint.endpoint_id)
    }
    return await work()
  } finally {
    for (const id of ids) await call('DELETE', `/${id}`)
    receiver.close()
    receiver.closeAllConnections()
  }
}

function listening(server: Server): Promise<AddressInfo> {
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve(server.address() as AddressInfo)),
  )
}
