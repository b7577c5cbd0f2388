import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { BlockList } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { CONNECTIONS_MAX } from '../../src/database/kinds.ts'
import { newFolder } from '../support/licenses.ts'

const read = (name: string) =>
  readFileSync(new URL(`../../deploy/${name}`, import.meta.url), 'utf8')

/** The value of a setting, as YAML or as `Environment=` of systemd has it. */
function setting(text: string, name: string): string {
  const found = new RegExp(`\\b${name}(?:: |=)'?([^\\s']+)`).exec(text)?.[1]
  return found ?? assert.fail(`${name} is not set`)
}

/** The blocks that begin with this line, by their indentation. */
function blocks(text: string, first: RegExp): string[] {
  const lines = text.split('\n')
  return lines.flatMap((line, at) => {
    if (!first.test(line)) return []
    const indent = line.search(/\S/)
    const length = lines.slice(at + 1).findIndex((next) => next.search(/\S/) <= indent)
    return [lines.slice(at, length < 0 ? undefined : at + 1 + length).join('\n')]
  })
}

test('pods that sign the audit log keep what they signed on one lasting volume', () => {
  const folder = setting(read('kubernetes/settings.yaml'), 'DATA_DIR')
  for (const name of ['server.yaml', 'worker.yaml']) {
    const text = read(`kubernetes/${name}`)
    assert.match(text, /readOnlyRootFilesystem: true/, name)
    const mounts = blocks(text, /^ +volumeMounts:/)
      .flatMap((all) => blocks(all, /^ +- name: /))
      .filter((mount) => mount.includes(`mountPath: ${folder}`) && !mount.includes('readOnly'))
    assert.equal(mounts.length, 1, `${name} has nothing to write to at ${folder}`)
    const volume = setting(mounts[0] ?? '', 'name')
    const [claim = ''] = blocks(text, /^ +volumes:/).flatMap((all) =>
      blocks(all, new RegExp(`^ +- name: ${volume}$`)),
    )
    assert.match(claim, /persistentVolumeClaim:/, name)
    const claimed = read('kubernetes/volume.yaml')
    assert.equal(setting(claimed, 'name'), setting(claim, 'claimName'))
    // Several pods, on several nodes.
    assert.match(claimed, /accessModes: \[ReadWriteMany\]/)
  }
})

test('compose keeps it on a volume of all its processes', () => {
  const text = read('compose.yaml')
  const folder = setting(text, 'DATA_DIR')
  const [shared = ''] = blocks(text, /^x-strongroom:/)
  const [, volume = ''] = /volumes: \['(\w+):(\S+)'\]/.exec(shared) ?? []
  assert.match(shared, new RegExp(`volumes: \\['${volume}:${folder}'\\]`))
  assert.match(blocks(text, /^volumes:/)[0] ?? '', new RegExp(`^ +${volume}:$`, 'm'))
  // A new volume has the owner of the image's folder.
  assert.match(read('Dockerfile'), new RegExp(`install -d -o 10001 -g 10001 ${folder}$`, 'm'))
})

/** The networks of a service in compose.yaml, with its fixed address in each; '' for none. */
function networksOf(compose: string, service: string): Map<string, string> {
  const [networks = ''] = blocks(compose, new RegExp(`^ {2}${service}:$`)).flatMap((all) =>
    blocks(all, /^ {4}networks:/),
  )
  const [, list] = /networks: \[(.*)\]/.exec(networks) ?? []
  if (list !== undefined) return new Map(list.split(', ').map((name) => [name, '']))
  return new Map(
    blocks(networks, /^ {6}\w+:/).map((one) => {
      const [, name = ''] = /(\w+):/.exec(one) ?? []
      return [name, /ipv4_address: (\S+)/.exec(one)?.[1] ?? '']
    }),
  )
}

test('compose: what the proxy passes on comes from the address that TRUST_PROXY names', () => {
  const text = read('compose.yaml')
  const trusted = setting(text, 'TRUST_PROXY')
  // By its name at any time, and not by the address that it had when nginx was started.
  const proxied = [...text.matchAll(/^ +server (\w+):\d+ resolve /gm)].map(([, name = '']) => name)
  assert.deepEqual(proxied, ['service'])
  const proxy = networksOf(text, 'nginx')
  for (const name of proxied) {
    const own = networksOf(text, name)
    // Of two networks, Docker would choose the one over which they talk.
    const shared = [...proxy.keys()].filter((network) => own.has(network))
    assert.equal(shared.length, 1, `nginx and ${name} share ${shared.join(', ')}`)
    const [network = ''] = shared
    assert.equal(proxy.get(network), trusted)
    // Nor may Docker give it to another container.
    const [defined = ''] = blocks(text, new RegExp(`^ {2}${network}:$`))
    const subnet = setting(defined, 'subnet')
    assert.ok(isIn(trusted, subnet), `${trusted} is not in ${subnet}`)
    const dynamic = setting(defined, 'ip_range')
    assert.ok(!isIn(trusted, dynamic), `${trusted} is in ${dynamic}`)
  }
})

function isIn(address: string, range: string): boolean {
  const [network = '', bits] = range.split('/')
  const list = new BlockList()
  list.addSubnet(network, Number(bits))
  return list.check(address)
}

test('units find each secret, and all keys of a rotation, by the names of their files', (t) => {
  const folder = newFolder(t)
  const path = (name: string) => join(folder, name)
  const names =
    'audit-log-key license-key events-key events-key-next license-key-2025 license-key-2026'
  for (const name of names.split(' ')) writeFileSync(path(`secret_${name}.pem`), '')
  for (const name of ['secret_ADMIN_API_TOKEN', 'migration_MIGRATION_DATABASE_URL']) {
    writeFileSync(path(name), '')
  }
  const script = fileURLToPath(new URL('../../deploy/systemd/with-secrets', import.meta.url))
  const settings = { LICENSE_PREVIOUS_KEY_PATHS: '/etc/strongroom/license-key-2024.pem' }
  const { stdout } = spawnSync('sh', [script, 'env'], {
    env: { PATH: process.env['PATH'], CREDENTIALS_DIRECTORY: folder, ...settings },
    encoding: 'utf8',
  })
  const found = stdout.split('\n').filter((line) => /_(FILE|PATHS?)=/.test(line))
  assert.deepEqual(found.toSorted(), [
    `ADMIN_API_TOKEN_FILE=${path('secret_ADMIN_API_TOKEN')}`,
    `AUDIT_LOG_KEY_PATH=${path('secret_audit-log-key.pem')}`,
    `EVENTS_KEY_PATH=${path('secret_events-key.pem')}`,
    `EVENTS_PREVIOUS_KEY_PATHS=${path('secret_events-key-next.pem')}`,
    'LICENSE_PREVIOUS_KEY_PATHS=/etc/strongroom/license-key-2024.pem,' +
      `${path('secret_license-key-2025.pem')},${path('secret_license-key-2026.pem')}`,
    `LICENSE_PRIVATE_KEY_PATH=${path('secret_license-key.pem')}`,
    `MIGRATION_DATABASE_URL_FILE=${path('migration_MIGRATION_DATABASE_URL')}`,
  ])
})

test('the firewall lets in what IPv6 needs: neighbours, groups, and addresses by DHCP', () => {
  const [input = ''] = blocks(read('nftables.conf').replace(/\n\n/g, '\n'), /^ +chain input/)
  const accepted = input.split('\n').filter((line) => line.endsWith(' accept'))
  for (const what of [
    'nd-neighbor-solicit',
    'nd-neighbor-advert',
    'nd-router-advert',
    'packet-too-big',
    'mld-listener-query',
    'udp dport 546',
  ]) {
    assert.ok(
      accepted.some((line) => line.includes(what)),
      what,
    )
  }
})

test('units may write where the Debian page has it kept', () => {
  const page = read('README.md')
  const folder = setting(page, 'AUDIT_CHECKPOINT_DIR')
  for (const name of ['strongroom.service', 'strongroom-worker.service', 'strongroom']) {
    const text = read(`systemd/${name}`)
    const [paths = ''] = /ReadWritePaths=[^'\n]*/.exec(text) ?? []
    for (const path of [folder, `${folder}-log`]) {
      assert.ok(paths.split(/[= ]/).includes(`-${path}`), `${name} may not write to ${path}`)
      assert.match(page, new RegExp(`^install -d -g strongroom-files -m 2770 .*${path}( |$)`, 'm'))
    }
  }
})

test('what is applied to a cluster is all that is there', () => {
  const resources = [...read('kubernetes/kustomization.yaml').matchAll(/^ {2}- (\S+\.yaml)$/gm)]
  const apart = ['kustomization.yaml', 'migrate.yaml', 'secret.example.yaml']
  const files = readdirSync(new URL('../../deploy/kubernetes', import.meta.url))
  assert.deepEqual(
    resources.map(([, name = '']) => name).toSorted(),
    files.filter((name) => !apart.includes(name)).toSorted(),
  )
})

test('the Ingress sends no call to a second server, as it can not tell their methods apart', () => {
  assert.equal(setting(read('kubernetes/ingress.yaml'), 'proxy-next-upstream'), 'off')
})

test('databases have room for the connections of all processes', () => {
  const reserved = 3
  const compose = read('compose.yaml')
  assert.match(compose, new RegExp(`# Up to ${CONNECTIONS_MAX} for each process`))
  const [, most = ''] = /-cmax_connections=(\d+)/.exec(compose) ?? []
  // `room for three`, besides those for commands.
  assert.match(compose, /room for three\n/)
  assert.equal(Math.floor((Number(most) - reserved) / CONNECTIONS_MAX), 3)

  const cluster = read('kubernetes/settings.yaml')
  assert.match(cluster, new RegExp(`up to ${CONNECTIONS_MAX} for each pod`))
  const [, needed = ''] = /max_connections=(\d+)/.exec(cluster) ?? []
  const replicas = ['server.yaml', 'worker.yaml'].map((name) =>
    Number(setting(read(`kubernetes/${name}`), 'replicas')),
  )
  // A rollout runs one more of each.
  const pods = replicas.reduce((sum, count) => sum + count + 1, 0)
  assert.ok(Number(needed) - reserved >= pods * CONNECTIONS_MAX)
})
