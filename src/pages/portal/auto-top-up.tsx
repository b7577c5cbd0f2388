import { useState } from 'preact/hooks'
import { AmountField, amountIn } from '../shared/amount-field.tsx'
import type { Schemas } from '../shared/api.ts'
import { Act } from '../shared/dialog.tsx'
import { money, typedAmount } from '../shared/format.ts'
import { Empty, Show, useLoad } from '../shared/load.tsx'
import { Facts, Section, Status } from '../shared/ui.tsx'
import { type Session, api, readVisit } from './session.ts'

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
  // An act that has failed may have happened all the same.
  const done = () => {
    setOpen(false)
    found.reload()
  }
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
                  ['At most a day', money(settings.daily_max, asset)],
                  ['At most a month', money(settings.monthly_max, asset)],
                ]}
              />
            )}
            {isOpen && (
              <Settings
                userId={userId}
                asset={asset}
                settings={settings}
                onDone={done}
                onClose={done}
              />
            )}
          </>
        )}
      </Show>
    </Section>
  )
}

interface Props {
  userId: string
  asset: string
  /** As they are; null before the first. */
  settings: Schemas['AutoTopUp'] | null
  onDone: () => void
  onClose: () => void
}

function Settings({ userId, asset, settings, onDone, onClose }: Props) {
  const save = async (form: FormData) => {
    await api('setAutoTopUp', {
      user_id: userId,
      threshold: amountIn(form, 'threshold', asset, 0),
      amount: amountIn(form, 'amount', asset),
      daily_max: amountIn(form, 'daily_max', asset, 0),
      monthly_max: amountIn(form, 'monthly_max', asset, 0),
      enabled: form.has('enabled'),
    })
    await readVisit()
  }
  const field = (label: string, name: 'threshold' | 'amount' | 'daily_max' | 'monthly_max') => (
    <AmountField
      label={label}
      name={name}
      asset={asset}
      value={settings === null ? '' : typedAmount(settings[name], asset)}
    />
  )
  return (
    <Act title="Automatic top-up" verb="Save" act={save} onDone={onDone} onClose={onClose}>
      <p>When the balance falls below the first amount, your saved card pays the second.</p>
      {field('When below', 'threshold')}
      {field('Add', 'amount')}
      {field('At most a day', 'daily_max')}
      {field('At most a month', 'monthly_max')}
      <label class="check">
        <input type="checkbox" name="enabled" defaultChecked={settings?.enabled ?? true} /> On
      </label>
    </Act>
  )
}
