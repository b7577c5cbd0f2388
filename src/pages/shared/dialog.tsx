import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef, useState } from 'preact/hooks'
import type { ApiError } from './api.ts'
import { Failure, asApiError } from './load.tsx'

interface DialogProps {
  title: string
  onClose: () => void
  children: ComponentChildren
}

/** A dialog over the page; the browser keeps the focus inside, and Escape closes it. */
export function Dialog({ title, onClose, children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    element.current?.showModal()
  }, [])
  return (
    <dialog ref={element} aria-labelledby={id} onClose={onClose}>
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  )
}

interface ActProps {
  title: string
  /** What it will do, said before it does it. */
  children?: ComponentChildren
  /** What has to be typed, for what can't be undone. */
  typed?: string
  verb: string
  isDangerous?: boolean
  act: (form: FormData) => Promise<unknown>
  onDone: () => void
  onClose: () => void
}

/** A form in a dialog, which does one thing and shows a refusal where it was asked for. */
export function Act({ title, children, typed, verb, isDangerous, act, onDone, onClose }: ActProps) {
  const [error, setError] = useState<ApiError | null>(null)
  const [isBusy, setBusy] = useState(false)
  const [text, setText] = useState('')
  const id = useId()
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    setBusy(true)
    setError(null)
    act(new FormData(event.currentTarget as HTMLFormElement)).then(onDone, (fault: unknown) => {
      setBusy(false)
      setError(asApiError(fault))
    })
  }
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={submit} class="form">
        {children}
        {typed !== undefined && (
          <div class="field">
            <label for={id}>
              Type <code>{typed}</code> to confirm
            </label>
            <input
              id={id}
              value={text}
              autocomplete="off"
              spellcheck={false}
              onInput={(event) => setText(event.currentTarget.value)}
            />
          </div>
        )}
        {error !== null && <Failure error={error} />}
        <div class="buttons">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button
            class={isDangerous ? 'danger' : 'primary'}
            disabled={isBusy || (typed !== undefined && text !== typed)}
          >
            {isBusy ? 'Working…' : verb}
          </button>
        </div>
      </form>
    </Dialog>
  )
}

/** Does a thing at once, without a dialog. @returns how that stands, with the failure to be shown */
export function useTry() {
  const [error, setError] = useState<ApiError | null>(null)
  const [isBusy, setBusy] = useState(false)
  const attempt = async (act: () => Promise<unknown>, onDone?: () => void) => {
    setBusy(true)
    setError(null)
    const fault = await act().then(() => null, asApiError)
    setBusy(false)
    setError(fault)
    if (fault === null) onDone?.()
  }
  const run = (...given: Parameters<typeof attempt>) => void attempt(...given)
  return { run, isBusy, failure: error === null ? null : <Failure error={error} /> }
}

interface TryProps {
  act: () => Promise<unknown>
  onDone?: () => void
  class?: string
  children: ComponentChildren
}

/** A button that does a thing at once, and says beside it where that failed. */
export function Try({ act, onDone, class: named, children }: TryProps) {
  const { run, isBusy, failure } = useTry()
  return (
    <>
      <button type="button" class={named} disabled={isBusy} onClick={() => run(act, onDone)}>
        {children}
      </button>
      {failure}
    </>
  )
}

interface FieldProps {
  label: string
  name: string
  hint?: string
  value?: string
  required?: boolean
  options?: readonly (readonly [string, string])[]
  maxLength?: number
}

export function Field({ label, name, hint, value = '', required, options, maxLength }: FieldProps) {
  const id = useId()
  const described = hint === undefined ? {} : { 'aria-describedby': `${id}-hint` }
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {options === undefined ? (
        <input
          id={id}
          name={name}
          defaultValue={value}
          required={required}
          maxLength={maxLength}
          autocomplete="off"
          {...described}
        />
      ) : (
        <select id={id} name={name} {...described}>
          {options.map(([key, text]) => (
            <option value={key} key={key} selected={key === value}>
              {text}
            </option>
          ))}
        </select>
      )}
      {hint !== undefined && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  )
}

export const textOf = (form: FormData, name: string): string => fieldOf(form, name).trim()

/** A field as it was typed. Forms here have no files. */
export function fieldOf(form: FormData, name: string): string {
  const value = form.get(name)
  return typeof value === 'string' ? value : ''
}
