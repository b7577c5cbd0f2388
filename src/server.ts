import { refuseInspector } from './process/no-inspector.ts'
import { requireNode } from './process/node-version.ts'

refuseInspector()
requireNode()

const { serve } = await import('./serve.ts')
await serve(new URL(import.meta.url))
