import { render } from 'preact'
// oxlint-disable-next-line import/no-unassigned-import
import '../styles/index.css'
import { startRouter } from '../shared/router.tsx'
import { App } from './app.tsx'

startRouter('/portal')
const root = document.querySelector('#page')
if (root !== null) render(<App />, root)
