/** Samples of Prometheus's text format, of all processes of the server that answers. */
export interface Sample {
  name: string
  labels: Readonly<Record<string, string>>
  value: number
}

const LINE = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/
const LABEL = /,([a-z_]+)="([^"]*)"/g

export function samplesOf(text: string): Sample[] {
  return text.split('\n').flatMap((line) => {
    const [, name, labels = '', value] = LINE.exec(line) ?? []
    if (name === undefined || line.startsWith('#')) return []
    const pairs = [...`,${labels}`.matchAll(LABEL)].map(([, key = '', one = '']) => [key, one])
    return [
      { name, labels: Object.fromEntries(pairs) as Record<string, string>, value: Number(value) },
    ]
  })
}

export function sumOf(
  samples: readonly Sample[],
  name: string,
  labels: Record<string, string> = {},
): number {
  return samples
    .filter((one) => one.name === name)
    .filter((one) => Object.entries(labels).every(([key, value]) => one.labels[key] === value))
    .reduce((sum, { value }) => sum + value, 0)
}

/** Sums by one label, the largest first; zeros are left out. */
export function byLabel(
  samples: readonly Sample[],
  name: string,
  label: string,
): [string, number][] {
  const sums = new Map<string, number>()
  for (const one of samples.filter((sample) => sample.name === name)) {
    const key = one.labels[label] ?? ''
    sums.set(key, (sums.get(key) ?? 0) + one.value)
  }
  return [...sums].filter(([, sum]) => sum > 0).toSorted(([, a], [, b]) => b - a)
}
