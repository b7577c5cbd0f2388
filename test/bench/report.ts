/** Of each measurement by name: what every round gave. */
export type Samples = Map<string, number[]>

/** What a load has seen. */
export interface Seen {
  perSecond: number
  /** How long a call took, half of them and 99 of 100 at most. */
  p50Ms: number
  p99Ms: number
}

export interface Row {
  what: string
  value: string
  target: string
  met: boolean
}

export function addSample(samples: Samples, name: string, value: number): void {
  samples.set(name, [...(samples.get(name) ?? []), value])
}

export function median(values: readonly number[] = []): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  return ((sorted[Math.floor(middle - 0.5)] ?? NaN) + (sorted[Math.ceil(middle - 0.5)] ?? NaN)) / 2
}

/** @param share of 1 */
export function percentile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(values.length * share) - 1] ?? NaN
}

export function printRows(rows: readonly Row[]): void {
  printTable(rows.map((row) => [row.what, row.value, row.target, row.met ? 'met' : 'not met']))
}

export function printTable(cells: readonly (readonly string[])[]): void {
  const widths = (cells[0] ?? []).map((_, column) =>
    Math.max(...cells.map((row) => row[column]?.length ?? 0)),
  )
  for (const row of cells) {
    const line = row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')
    process.stdout.write(`${line.trimEnd()}\n`)
  }
}
