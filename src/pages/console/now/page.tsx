import { may } from '../session.ts'
import { Money } from './money.tsx'
import { Needs } from './needs.tsx'
import { Refusals } from './refusals.tsx'
import { UsageNow } from './usage.tsx'

/** The first page: is it well, what needs someone, and how is today beside a usual day. */
export function NowPage() {
  return (
    <>
      <h1>Now</h1>
      <Needs />
      {may('funds:read') && <Money />}
      <div class="halves">
        {may('usage:read') && <UsageNow />}
        {may('metrics:read') && <Refusals />}
      </div>
    </>
  )
}
