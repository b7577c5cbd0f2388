import cluster from 'node:cluster'
import { type Peer, peerOf } from './peer.ts'

let made: Peer | undefined

/** This worker's channel to the primary process; null in a process that is not a worker. */
export function primary(): Peer | null {
  if (!cluster.isWorker) return null
  made ??= peerOf({
    on: (event, listener) => process.on(event, listener),
    send: (message, told) => process.send?.(message, undefined, undefined, told),
  })
  return made
}

/** Calls back once when the primary, which started this process, has ended. */
export function whenPrimaryIsGone(act: () => void): void {
  const { worker } = cluster
  worker?.once('disconnect', () => {
    // Without this, Node would end the process at once and drop its requests.
    worker.exitedAfterDisconnect = true
    act()
  })
}
