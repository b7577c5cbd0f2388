/**
 * An event's content as it may be shown. With a `client_secret`, a browser can act on the payment
 * that it belongs to.
 */
export function withoutSecrets<T>(payload: T): T {
  return JSON.parse(
    JSON.stringify(payload, (key, value: unknown) => (key === 'client_secret' ? undefined : value)),
  ) as T
}
