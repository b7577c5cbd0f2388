import { useState } from 'preact/hooks'
import { Act, Field } from '../shared/dialog.tsx'
import { decimal, money } from '../shared/format.ts'
import { Empty, Show, useLoad } from '../shared/load.tsx'
import { Facts, Section, Status } from '../shared/ui.tsx'
import { type Session, api, readVisit } from './session.ts'
import { amountIn } from './top-up.tsx'

/** How the account fills itself, and a way to change that where it is allowed. */
export function AutoTopUp({ session, asset }: { session: Session; asset: string }) {
  const { user_id: userId, has_auto_top_up: isSet } = session
  const mayChange = session.allow.includes('auto_top_up')
  const [isOpen, setOpen] = useState(false)
  const found = useLoad(
    async (signal) => (isSet ? api('getAutoTopUp', { user_id: userId }, { signal }) : null),
    [userId, isSet],
  )
  if (!isSet && !mayChange) return null
  const shown = (amount: number) => decimal(amount, Number(asset.split('/')[1] ?? 0))
  return (
    <Section
      title="Automatic top-up"
      actions={
        mayChange && (
          <button type="button" onClick={() => setOpen(true)}>
            {isSet ? 'Change' : 'Set up'}
          </button>
        )
      }
    >
      <Show of={found}>
        {(settings) => (
          <>
            {settings === null ? (
              <Empty title="Your account is not topped up by itself." />
            ) : (
              <Facts
                of={[
                  ['State', <Status is={settings.enabled ? settings.status : 'off'} />],
                  settings.paused_reason !== null && [
                    'Why',
                    settings.paused_reason.replaceAll('_', ' '),
                  ],
                  ['When below', money(settings.threshold, asset)],
                  ['It adds', money(settings.amount, asset)],
                  ['At most a month', money(settings.monthly_max, asset)],
                ]}
              />
            )}
            {isOpen && (
              <Act
                title="Automatic top-up"
                verb="Save"
                act={(form) =>
                  api('setAutoTopUp', {
                    user_id: userId,
                    threshold: amountIn(form, 'threshold', asset, 0),
                    amount: amountIn(form, 'amount', asset),
                    daily_max: amountIn(form, 'monthly_max', asset),
                    monthly_max: amountIn(form, 'monthly_max', asset),
                    enabled: form.has('enabled'),
                  })
                }
                onDone={() => {
                  setOpen(false)
                  found.reload()
                  void readVisit()
                }}
                onClose={() => setOpen(false)}
              >
                <p>
                  When the balance falls below the first amount, your saved card pays the second.
                </p>
                <Field
                  label="When below"
                  name="threshold"
                  required
                  value={settings === null ? '' : shown(settings.threshold)}
                />
                <Field
                  label="Add"
                  name="amount"
                  required
                  value={settings === null ? '' : shown(settings.amount)}
                />
                <Field
                  label="At most a month"
                  name="monthly_max"
                  required
                  value={settings === null ? '' : shown(settings.monthly_max)}
                />
                <label class="check">
                  <input
                    type="checkbox"
                    name="enabled"
                    defaultChecked={settings?.enabled ?? true}
                  />{' '}
                  On
                </label>
              </Act>
            )}
          </>
        )}
      </Show>
    </Section>
  )
}
