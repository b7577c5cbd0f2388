import { Dialog } from '../shared/dialog.tsx'
import { Copy } from '../shared/ui.tsx'

/** A secret that is shown this once. */
export function Secret({
  title,
  secret,
  onClose,
}: {
  title: string
  secret: string
  onClose: () => void
}) {
  return (
    <Dialog title={title} onClose={onClose}>
      <p>It is shown now and never again.</p>
      <pre class="secret" tabIndex={0} role="region" aria-label="The secret">
        {secret}
      </pre>
      <div class="buttons">
        <Copy text={secret} />
        <button type="button" class="primary" onClick={onClose}>
          I have kept it
        </button>
      </div>
    </Dialog>
  )
}
