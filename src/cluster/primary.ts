import cluster from 'node:cluster'
import { type Peer, peerOf } from './peer.ts'

let made: Peer | undefined

/** The primary process, for one of its workers; null for a process that is alone. */
export function primary(): Peer | null {
  if (!cluster.isWorker) return null
  made ??= peerOf({
    on: (event, listener) => process.on(event, listener),
    send: (message, told) => process.send?.(message, undefined, undefined, told),
  })
  return made
}

/** Calls back once when the primary has ended, which started this process and listens for it. */
export function whenPrimaryIsGone(act: () => void): void {
  const { worker } = cluster
  worker?.once('disconnect', () => {
    // Without this Node would end the process at once, with its requests.
    worker.exitedAfterDisconnect = true
    act()
  })
}
