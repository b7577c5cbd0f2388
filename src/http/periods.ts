/** Calendar periods in UTC, by which usage and calls are counted. */
export const PERIODS = ['hour', 'day', 'month'] as const

export type Period = (typeof PERIODS)[number]
