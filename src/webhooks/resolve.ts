import { Resolver } from 'node:dns/promises'
import { readFile } from 'node:fs/promises'
import { isIPv4 } from 'node:net'
import { networkInterfaces } from 'node:os'

/** Resolves a name to all its addresses, of which the first is the one to connect to. */
export type Resolve = (host: string) => Promise<readonly string[]>

export interface ResolverOptions {
  /** Name servers with their ports; by default those of this machine. */
  servers?: readonly string[]
  hostsFile?: string
  settingsFile?: string
}

/** A name server has this long to answer, and then about twice as long again. */
const TRY_MS = 1_500
const TRIES = 2
/** A whole look-up may take this long. */
const TIMEOUT_MS = 9_000

/**
 * Asks name servers without the system's resolver. That one occupies a thread of the process until
 * it has its answer, and there are only four, so a few names that hang would delay all others.
 * The hosts file and the search list count as they do for the system. Attempts for one name share
 * a look-up under way.
 */
export function resolver({
  servers,
  hostsFile = '/etc/hosts',
  settingsFile = '/etc/resolv.conf',
}: ResolverOptions = {}): Resolve {
  const running = new Map<string, Promise<readonly string[]>>()

  async function resolve(host: string): Promise<readonly string[]> {
    const name = host.toLowerCase().replace(/\.$/, '')
    const listed = namedIn(await textOf(hostsFile), name)
    if (listed.length > 0) return inOrder(listed)
    if (/(^|\.)localhost$/.test(name)) return ['127.0.0.1', '::1']
    const search = host.endsWith('.') ? [] : searchList(await textOf(settingsFile))
    const asker = new Resolver({ timeout: TRY_MS, tries: TRIES })
    if (servers !== undefined) asker.setServers(servers)
    const timer = setTimeout(() => asker.cancel(), TIMEOUT_MS)
    try {
      return await firstFound(asker, candidates(name, search))
    } finally {
      clearTimeout(timer)
    }
  }

  return (host) => {
    const known = running.get(host)
    if (known !== undefined) return known
    const asked = resolve(host).finally(() => running.delete(host))
    running.set(host, asked)
    return asked
  }
}

/** A name without a dot is looked for among the neighbours first. */
function candidates(name: string, search: readonly string[]): string[] {
  const beside = search.map((domain) => `${name}.${domain}`)
  return name.includes('.') ? [name, ...beside] : [...beside, name]
}

async function firstFound(asker: Resolver, names: readonly string[]): Promise<string[]> {
  for (const name of names) {
    const answers = await Promise.allSettled([asker.resolve4(name), asker.resolve6(name)])
    const found = answers.flatMap((one) => (one.status === 'fulfilled' ? one.value : []))
    if (found.length > 0) return inOrder(found)
    const isLate = answers.some(
      (one) => one.status === 'rejected' && SILENCE.has((one.reason as { code?: string }).code),
    )
    if (isLate) throw failure('ETIMEDOUT')
  }
  throw failure('ENOTFOUND')
}

const SILENCE: ReadonlySet<string | undefined> = new Set(['ETIMEOUT', 'ECANCELLED'])

function failure(code: 'ENOTFOUND' | 'ETIMEDOUT'): Error {
  return Object.assign(new Error('The name was not resolved'), { code })
}

/** IPv4 comes first, except on a machine that has only IPv6. */
function inOrder(addresses: readonly string[]): string[] {
  const outward = Object.values(networkInterfaces())
    .flatMap((those) => those ?? [])
    .filter(({ internal }) => !internal)
  const isOnlyV6 = outward.length > 0 && outward.every(({ family }) => family === 'IPv6')
  const rank = (address: string) => (isIPv4(address) === isOnlyV6 ? 1 : 0)
  return addresses.toSorted((a, b) => rank(a) - rank(b))
}

/** The addresses of a name in a hosts file (hosts(5)). */
function namedIn(text: string, name: string): string[] {
  return linesOf(text).flatMap(([address = '', ...names]) =>
    names.some((one) => one.toLowerCase() === name) ? [address] : [],
  )
}

/** The domains in which names are looked for (resolv.conf(5)). The last line counts. */
function searchList(text: string): string[] {
  const [, ...domains] =
    linesOf(text).findLast(([word]) => word === 'search' || word === 'domain') ?? []
  return domains.map((one) => one.replace(/\.$/, '')).filter((one) => one !== '')
}

/** The words of each line, without comments. */
function linesOf(text: string): string[][] {
  return text.split('\n').map((line) =>
    line
      .replace(/[#;].*/, '')
      .trim()
      .split(/\s+/),
  )
}

/** A machine may lack such a file. */
function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '')
}
