import fc from 'fast-check'
import { SEED } from './random.ts'

/** Loaded before tests: properties draw by the seed of the run. */
fc.configureGlobal({ seed: SEED })
