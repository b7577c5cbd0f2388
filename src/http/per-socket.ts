import type { Socket } from 'node:net'

/**
 * A value that is kept with each socket, as a property of it: a WeakMap that changes with each request costs
 * more, most of all in the garbage collector.
 */
export function perSocket<Value>(name: string) {
  const key = Symbol(name)
  type Marked = Socket & { [key]?: Value }
  return {
    get: (socket: Socket): Value | undefined => (socket as Marked)[key],
    set: (socket: Socket, value: Value): void => void ((socket as Marked)[key] = value),
  }
}
