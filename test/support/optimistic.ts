import type { Service } from './service.ts'

/** The value of a metric, with the labels that it is shown with. */
export async function metric(service: Service, shown: string): Promise<number> {
  const { body } = await service.asAdmin('GET', '/metrics')
  const line = String(body)
    .split('\n')
    .find((one) => one.startsWith(`${shown} `))
  return Number(line?.slice(shown.length) ?? 0)
}

/** How many charges of this process ended so: on what it remembers of an account, or under its lock. */
export function ended(service: Service, result: 'written' | 'changed' | 'failed'): Promise<number> {
  return metric(service, `strongroom_funds_optimistic_charges_total{result="${result}"}`)
}
