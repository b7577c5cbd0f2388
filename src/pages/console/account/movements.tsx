import type { Schemas } from '../../shared/api.ts'
import { BASE } from '../../shared/base.ts'
import { money } from '../../shared/format.ts'
import { Empty, Show, useLoad } from '../../shared/load.tsx'
import { MovementTable } from '../../shared/movement-table.tsx'
import { type Transfer, standingsOf } from '../../shared/movements.ts'
import { Plot } from '../../shared/plot.tsx'
import { go, hrefWith, place } from '../../shared/router.tsx'
import { Pager, Rows } from '../../shared/table.tsx'
import { Section } from '../../shared/ui.tsx'
import { OperatorReceipt } from '../receipt.tsx'
import { api } from '../session.ts'
import { VerifyAll } from './verify.tsx'

/** The plot is of the newest movements, because a list has at most this many. */
const PLOTTED = 200
const LISTED = 15

export function Movements({ account }: { account: Schemas['Account'] }) {
  const { user_id: userId } = account
  const { query } = place.value
  const open = query.get('movement')
  const cursor = query.get('cursor') ?? undefined
  const newest = useLoad(
    (signal) => api('findFundsTransfers', { user_id: userId, limit: PLOTTED }, { signal }),
    [userId, account.updated_at],
  )
  const page = useLoad(
    async (signal) => {
      const listed = await api(
        'findFundsTransfers',
        { user_id: userId, limit: LISTED, ...(cursor !== undefined && { cursor }) },
        { signal },
      )
      if (open === null || listed.data.some((one) => one.transfer_id === open)) return listed
      // One that is asked for stands first, however old it is.
      const asked = await api('findFundsTransfers', { transfer_id: open }, { signal })
      return { ...listed, data: [...asked.data, ...listed.data] }
    },
    [userId, account.updated_at, cursor],
  )
  return (
    <>
      <Section title="Balance">
        <Show of={newest} lines={5}>
          {({ data }) => <BalancePlot transfers={data} account={account} />}
        </Show>
      </Section>
      <Section
        title="Movements"
        actions={
          <a
            class="button small"
            href={`${BASE}/api/funds/accounts/${encodeURIComponent(userId)}/statement?format=csv`}
            download
          >
            Statement as CSV
          </a>
        }
      >
        <Show of={page} lines={8}>
          {({ data, next_cursor: next }) => (
            <>
              <Rows
                page={{ data, next_cursor: next }}
                cursor={cursor}
                empty={
                  <Empty title="Nothing has moved yet.">
                    The first top-up or grant will be here.
                  </Empty>
                }
              >
                {(rows) => (
                  <MovementTable
                    caption={`Movements of ${userId}, newest first`}
                    rows={rows}
                    open={open}
                    onOpen={(id) =>
                      go(hrefWith({ movement: id ?? undefined }), { isReplacing: true })
                    }
                    receipt={(id) => <OperatorReceipt transferId={id} />}
                  />
                )}
              </Rows>
              <div class="under">
                {data.length > 0 && (
                  <VerifyAll key={data.map((one) => one.transfer_id).join()} transfers={data} />
                )}
                <Pager next={next} cursor={cursor} />
              </div>
            </>
          )}
        </Show>
      </Section>
    </>
  )
}

function BalancePlot({
  transfers,
  account,
}: {
  transfers: readonly Transfer[]
  account: Schemas['Account']
}) {
  if (transfers.length === 0) return <Empty title="There is no balance to plot yet." />
  const standings = standingsOf(transfers, account)
  const now = {
    at: Date.now() / 1_000,
    balance: account.balance,
    held: account.held,
    granted: account.granted,
  }
  const all = [...standings, now]
  return (
    <Plot
      title={`The last ${transfers.length} movements`}
      times={all.map(({ at }) => at)}
      format={(value) => money(value, account.asset, { isCompact: true })}
      height={220}
      series={[
        {
          name: 'Balance',
          colour: 'plot-1',
          kind: 'step',
          values: all.map(({ balance }) => balance),
          isFilled: true,
        },
        {
          name: 'In grants',
          colour: 'plot-2',
          kind: 'step',
          values: all.map(({ granted }) => granted),
          isFilled: true,
        },
        {
          name: 'Held',
          colour: 'plot-3',
          kind: 'step',
          values: all.map(({ held }) => held),
          isFilled: true,
        },
      ]}
    />
  )
}
