import { money } from '../../shared/format.ts'
import { Empty, Show, useLoad } from '../../shared/load.tsx'
import { Facts, Section, Status } from '../../shared/ui.tsx'
import { api } from '../session.ts'

export function AutoTopUp({ userId, asset }: { userId: string; asset: string }) {
  const found = useLoad(
    (signal) => api('getFundsAutoTopUp', { user_id: userId }, { signal }),
    [userId],
  )
  return (
    <Section title="Auto top-up">
      <Show of={found}>
        {({ auto_top_up: settings }) =>
          settings === null ? (
            <Empty title="Auto top-up was never set." />
          ) : (
            <Facts
              of={[
                ['State', <Status is={settings.enabled ? settings.status : 'off'} />],
                settings.paused_reason !== null && [
                  'Paused because',
                  settings.paused_reason.replaceAll('_', ' '),
                ],
                ['Below', money(settings.threshold, asset)],
                ['Adds', money(settings.amount, asset)],
                ['At most a day', money(settings.daily_max, asset)],
                ['At most a month', money(settings.monthly_max, asset)],
              ]}
            />
          )
        }
      </Show>
    </Section>
  )
}
