export interface Row {
  what: string
  value: string
  target: string
  met: boolean
}

export function median(values: readonly number[] = []): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  return ((sorted[Math.floor(middle - 0.5)] ?? NaN) + (sorted[Math.ceil(middle - 0.5)] ?? NaN)) / 2
}

export function printTable(rows: readonly Row[]): void {
  const cells = rows.map((row) => [row.what, row.value, row.target, row.met ? 'met' : 'not met'])
  const widths = [0, 1, 2].map((column) => Math.max(...cells.map((row) => row[column]!.length)))
  for (const row of cells) {
    process.stdout.write(
      `${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}\n`,
    )
  }
}
