import { useEffect } from 'preact/hooks'
import { Try } from '../shared/dialog.tsx'
import { money } from '../shared/format.ts'
import { Show, useLoad } from '../shared/load.tsx'
import { Figure, Status, Time } from '../shared/ui.tsx'
import { AutoTopUp } from './auto-top-up.tsx'
import { Budgets } from './budgets.tsx'
import { ChargesByDay } from './charges.tsx'
import { Credits } from './credits.tsx'
import { Movements } from './movements.tsx'
import { type Session, api, closeAtEnd, leave } from './session.ts'
import { TopUp } from './top-up.tsx'

/** What a user sees of a prepaid account: what there is, where it went, and what limits it. */
export function Portal({ session }: { session: Session }) {
  const { user_id: userId, allow } = session
  const balance = useLoad((signal) => api('getBalance', { user_id: userId }, { signal }), [userId])
  useEffect(() => closeAtEnd(session), [session.expires_at])
  return (
    <div class="portal">
      <header>
        {session.return_url !== null && (
          <a class="back" href={session.return_url}>
            ← Back
          </a>
        )}
        <Try class="small" act={leave}>
          Close
        </Try>
      </header>
      <main>
        <h1>Your credit</h1>
        <Show of={balance} lines={4}>
          {(now) => (
            <>
              <div class="hero">
                <p>
                  <span class="faint">Available</span>
                  <strong>{money(now.available ?? 0, now.asset)}</strong>
                  {now.status !== 'active' && now.status !== null && <Status is={now.status} />}
                </p>
                {allow.includes('top_up') && <TopUp userId={userId} asset={now.asset} />}
              </div>
              <div class="figures">
                <Figure name="Balance" value={money(now.balance, now.asset)} />
                {now.held > 0 && (
                  <Figure
                    name="Set aside"
                    value={money(now.held, now.asset)}
                    note="For what is under way"
                  />
                )}
                {now.granted > 0 && (
                  <Figure
                    name="Granted credit"
                    value={money(now.granted, now.asset)}
                    note={
                      now.next_expiry === null ? undefined : (
                        <>
                          {money(now.next_expiry.amount, now.asset)} until{' '}
                          <Time at={now.next_expiry.at} />
                        </>
                      )
                    }
                  />
                )}
              </div>
              <ChargesByDay userId={userId} asset={now.asset} />
              <Credits userId={userId} asset={now.asset} />
              <Budgets userId={userId} asset={now.asset} mayChange={allow.includes('budgets')} />
              <AutoTopUp session={session} asset={now.asset} />
              <Movements userId={userId} />
            </>
          )}
        </Show>
      </main>
      <footer class="faint">
        This page closes by itself at <Time at={session.expires_at} />.
      </footer>
    </div>
  )
}
