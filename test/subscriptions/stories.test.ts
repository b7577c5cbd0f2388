import { test } from 'node:test'
import fc from 'fast-check'
import { scaled } from '../support/scale.ts'
import { checkStory } from '../support/stories/check.ts'
import { story } from '../support/stories/facts.ts'
import { openStage, openStory, play } from '../support/stories/stage.ts'

const STORIES = Number(process.env['STORIES'] ?? scaled(5_000, 25))

test('a story ends as its facts say, however it is told', async (t) => {
  const stage = await openStage(t)
  const started = Date.now()
  let count = 0
  await fc.assert(
    fc.asyncProperty(story, async (told) => {
      count += 1
      const open = await openStory(stage, told)
      await play(open, told)
      await checkStory(stage, open)
    }),
    {
      numRuns: STORIES,
      ...(process.env['SEED'] !== undefined && { seed: Number(process.env['SEED']) }),
      interruptAfterTimeLimit: 25_000,
    },
  )
  t.diagnostic(`${count} stories in ${Date.now() - started} ms`)
})
