import { refuseInspector } from './process/no-inspector.ts'
import { requireNode } from './process/node-version.ts'

refuseInspector()
requireNode()

const { work } = await import('./work.ts')
await work()
