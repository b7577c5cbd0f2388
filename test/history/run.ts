import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DrillReport, type Ends, drill, say } from '../drills/report.ts'
import { verifyLedger } from '../../src/funds/verify.ts'
import { asAdmin } from '../support/database.ts'
import { SEED, randomOf } from '../support/random.ts'
import { scaled } from '../support/scale.ts'
import { type Verdict, buildChecker, checkHistory } from './checker.ts'
import { FALSEHOODS, type Falsehood, startFalsifier } from './falsifier.ts'
import { plannedFaults } from './faults.ts'
import { openRecorder } from './recorder.ts'
import { type RoundResult, playRound } from './round.ts'
import { type Trio, startTrio } from './trio.ts'

/**
 * `npm run drill:history`: clients of three processes record all they ask and are answered, while processes are
 * killed and paused, connections cut, the database killed, stalled and failed over, and clocks set. Another
 * people's checker, porcupine, then judges whether the answers are those of accounts that do one thing at a time.
 * At the end it is shown to find three lies that a proxy tells.
 */
const REQUESTS = Number(process.env['DRILL_REQUESTS'] ?? scaled(200_000, 3_000))
const OF_ROUND = scaled(4_000, 500)
const ACCOUNTS = scaled(96, 24)
const CLIENTS = scaled(32, 12)
/** Every kind of fault has its turn in so many rounds. */
const ROUNDS_MIN = 5

await drill(`A history of ${REQUESTS} requests, judged by porcupine`, async (report, ends) => {
  const home = mkdtempSync(join(tmpdir(), 'strongroom-history-check-'))
  ends.after(() => rmSync(home, { recursive: true, force: true }))
  const built = buildChecker(home)
  if ('missing' in built) return report.note(`left out: ${built.missing}`, '')
  report.note('seed', SEED)
  const trio = await startTrio(ends)

  const path = join(home, 'history.jsonl')
  const recorder = openRecorder(path)
  const random = randomOf(SEED)
  const injected: Record<string, number> = {}
  const results: RoundResult[] = []
  for (let round = 0; round < ROUNDS_MIN || recorder.requests < REQUESTS; round++) {
    const own = random.fork()
    const faults = plannedFaults(round, own)
    for (const name of faults) injected[name] = (injected[name] ?? 0) + 1
    results.push(
      await playRound({
        number: round,
        recorder,
        random: own,
        trio,
        origins: trio.origins,
        accounts: ACCOUNTS,
        clients: CLIENTS,
        requests: OF_ROUND,
        faults,
      }),
    )
    say(`Round ${round}: ${recorder.requests} requests so far; ${faults.join(', ')}`)
  }
  await recorder.close()
  noteRounds(report, results, injected)
  const faults = Object.values(injected).reduce((total, times) => total + times, 0)
  const verdict = await checkHistory(built.path, path)
  report.tell({
    promise: '1, 2, 3, 4, 5, 6',
    what: 'A history of requests to three processes, judged by porcupine',
    trials: verdict.operations,
    faults: faults + sum(results, 'cutCalls'),
  })
  judge(report, verdict)
  if (verdict.broken.length > 0) {
    const kept = join(tmpdir(), `strongroom-history-${SEED}.jsonl`)
    copyFileSync(path, kept)
    say(`The history is kept in ${kept}`)
  }
  const { findings } = await asAdmin(trio.adminUrl(), verifyLedger)
  report.expect('findings of ledger verify', findings.length, findings.length === 0)

  report.tell({
    promise: '',
    what: `Lies that the judge finds: a ${FALSEHOODS.join(', a ')}`,
    trials: FALSEHOODS.length,
    faults: FALSEHOODS.length,
  })
  for (const falsehood of FALSEHOODS) {
    await plant(report, ends, trio, falsehood, join(home, `${falsehood}.jsonl`), built.path)
  }
})

function noteRounds(
  report: DrillReport,
  results: readonly RoundResult[],
  injected: Record<string, number>,
): void {
  report.note('rounds, each with accounts of its own', results.length)
  const faults = { ...injected, 'call given up by its client': sum(results, 'cutCalls') }
  for (const [name, count] of Object.entries(faults)) report.note(`  fault: ${name}`, count)
  const answers: Record<string, number> = {}
  for (const [name, count] of results.flatMap((result) => Object.entries(result.answers))) {
    answers[name] = (answers[name] ?? 0) + count
  }
  for (const [name, count] of Object.entries(answers)) report.note(`  answered: ${name}`, count)
  const wrong = results.flatMap((result) => result.wrong)
  for (const one of wrong.slice(0, 5)) say(one)
  report.expect('answers that the documentation does not have', wrong.length, wrong.length === 0)
  const open = sum(results, 'open')
  report.expect('outcomes that no repetition told', open, open === 0)
}

function judge(report: DrillReport, verdict: Verdict): void {
  const { operations, accounts, rounds, snapshots, broken } = verdict
  report.expect('requests judged', operations, operations > 0)
  report.note('  attempts without an answer', verdict.unknown)
  report.note('  of these told by a repetition', verdict.told_later)
  report.note('  answers that nothing was stored', verdict.nothing_stored)
  report.note('  seconds that took', verdict.seconds.toFixed(1))
  const of = (what: string) => broken.filter((one) => one.what.startsWith(what)).length
  for (const one of broken.slice(0, 5)) say(JSON.stringify(one))
  report.expect(
    `accounts without a legal order, of ${accounts}`,
    of('account'),
    of('account') === 0,
  )
  const name = `ledgers without one, of ${rounds}, with ${snapshots} snapshots`
  report.expect(name, of('ledger'), of('ledger') === 0)
}

/** A round without faults, and a proxy that lies once. */
async function plant(
  report: DrillReport,
  ends: Ends,
  trio: Trio,
  falsehood: Falsehood,
  path: string,
  checker: string,
): Promise<void> {
  const falsifier = await startFalsifier(ends, trio.origins[0] ?? '', falsehood)
  const recorder = openRecorder(path)
  await playRound({
    number: 1_000_000 + FALSEHOODS.indexOf(falsehood),
    recorder,
    random: randomOf(SEED),
    trio,
    origins: [falsifier.origin],
    accounts: 5,
    clients: 4,
    requests: 400,
    faults: [],
  })
  await recorder.close()
  const { broken } = await checkHistory(checker, path)
  const found = broken.filter(({ result }) => result === 'Illegal')
  const accounts = found.filter(({ what }) => what.startsWith('account')).length
  const isFound = falsifier.hasLied() && accounts === 1 && found.length === 2
  report.expect(`a planted ${falsehood}`, isFound ? 'found' : JSON.stringify(broken), isFound)
}

function sum(results: readonly RoundResult[], name: 'open' | 'cutCalls'): number {
  return results.reduce((total, result) => total + result[name], 0)
}
