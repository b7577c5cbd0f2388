import type { Socket } from 'node:net'

/**
 * Keeps a value with each socket, as a property of it. A WeakMap that changes with each request
 * would cost more, mainly in the garbage collector.
 */
export function perSocket<Value>(name: string) {
  const key = Symbol(name)
  type Marked = Socket & { [key]?: Value }
  return {
    get: (socket: Socket): Value | undefined => (socket as Marked)[key],
    set: (socket: Socket, value: Value): void => void ((socket as Marked)[key] = value),
  }
}
