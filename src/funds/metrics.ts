import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import { Refusal } from '../refusals/index.ts'
import type { Writes } from './batch.ts'
import type { Movement } from './operations.ts'
import type { Result } from './optimistic/charges.ts'
import { TRANSFER_KINDS } from './posting.ts'
import type { Verification } from './verify.ts'

export interface FundsMetrics {
  committed: (writes: Writes, batchSize: number) => void
  /** Counts the results of charges on remembered accounts. */
  optimistic: (result: Result, charges: number) => void
  refused: (kind: Movement['kind'], reason: unknown) => void
  verified: (result: Verification) => void
}

/** Callers choose the assets of their accounts, so the label allows only this many. */
const ASSETS_MAX = 20

/** @param waiting how many movements wait for a commit now */
export function fundsMetrics(registry: Registry, waiting: () => number): FundsMetrics {
  const registers = [registry]
  const transfers = new Counter({
    name: 'strongroom_funds_transfers_total',
    help: 'Committed transfers by kind.',
    labelNames: ['kind'],
    registers,
  })
  const moved = new Counter({
    name: 'strongroom_funds_moved_minor_units_total',
    help: "Money of committed transfers in the asset's smallest unit, by kind and asset.",
    labelNames: ['kind', 'asset'],
    registers,
  })
  const assets = new Set<string>()
  const assetLabel = (asset: string) => {
    if (assets.size < ASSETS_MAX) assets.add(asset)
    return assets.has(asset) ? asset : 'other'
  }
  const findings = new Gauge({
    name: 'strongroom_ledger_findings',
    help: 'Rules that the ledger broke when this process last verified it.',
    aggregator: 'max',
    registers,
  })
  // A process that has verified nothing knows of no findings, and not that there are none.
  findings.remove()
  const refusals = new Counter({
    name: 'strongroom_funds_refusals_total',
    help: 'Movements that were refused or failed, by kind and code.',
    labelNames: ['kind', 'code'],
    registers,
  })
  const lows = new Counter({
    name: 'strongroom_funds_low_balance_total',
    help: 'Accounts that fell below their low-balance mark.',
    registers,
  })
  const thresholds = new Counter({
    name: 'strongroom_funds_budget_thresholds_total',
    help: 'Percentages of budgets that were reached, each once in a window.',
    registers,
  })
  const batches = new Histogram({
    name: 'strongroom_funds_batch_size',
    help: 'Movements that shared a commit.',
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500],
    registers,
  })
  const optimistic = new Counter({
    name: 'strongroom_funds_optimistic_charges_total',
    help: 'Charges decided on an account as this process remembers it, by result.',
    labelNames: ['result'],
    registers,
  })
  const waitingGauge: Gauge = new Gauge({
    name: 'strongroom_funds_waiting',
    help: 'Movements that wait for a commit.',
    registers,
    collect: () => waitingGauge.set(waiting()),
  })
  return {
    committed: (writes, batchSize) => {
      batches.observe(batchSize)
      for (const kind of TRANSFER_KINDS) {
        const count = writes.transfers.filter((transfer) => transfer.kind === kind).length
        if (count > 0) transfers.inc({ kind }, count)
      }
      for (const [kind, byAsset] of amounts(writes.transfers)) {
        for (const [asset, sum] of byAsset) moved.inc({ kind, asset: assetLabel(asset) }, sum)
      }
      if (writes.fellLow.length > 0) lows.inc(writes.fellLow.length)
      if (writes.thresholds.length > 0) thresholds.inc(writes.thresholds.length)
    },
    optimistic: (result, charges) => optimistic.inc({ result }, charges),
    verified: (result) => findings.set(result.findings.length),
    refused: (kind, reason) => {
      refusals.inc({ kind, code: reason instanceof Refusal ? reason.code : 'INTERNAL_ERROR' })
    },
  }
}

/** Sums first: a batch has hundreds of transfers, but few kinds and assets. */
function amounts(transfers: Writes['transfers']): Map<string, Map<string, number>> {
  const sums = new Map<string, Map<string, number>>()
  for (const { kind, asset, amount } of transfers) {
    const byAsset = sums.get(kind) ?? new Map<string, number>()
    byAsset.set(asset, (byAsset.get(asset) ?? 0) + Number(amount))
    sums.set(kind, byAsset)
  }
  return sums
}
