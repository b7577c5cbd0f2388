export function isAtRest(): boolean
export function startCounting(): void
export function readCounts(): { clicks: number; violations: string[] }
export function resetClicks(): void
export function overflow(): number
export function hasAxe(): boolean
export function runAxe(runOnly: { type: string; values: readonly string[] }): Promise<string[]>
export function markReachable(): number
export function stillMarked(): string[]
export function labelsOf(elements: Element[]): string[]
