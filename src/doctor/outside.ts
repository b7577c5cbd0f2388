import { type Facts, type Group, unseen } from './check.ts'

/** What no program on this machine can see; each line says how to check it. */
export const outside: Group = {
  title: 'Not seen from here',
  examine: ({ config: { port } }: Facts) => [
    unseen(
      'firewall',
      'what other machines reach',
      `from another machine \`nmap -Pn -p- <your host>\`: 443 alone is open, ${port} and 5432 are not; here \`sudo nft list ruleset\``,
    ),
    unseen('advisories', 'known holes in the packages', '`npm audit --omit=dev`, daily in CI'),
    unseen(
      'encryption at rest',
      'the disks of the database and of its backups',
      '`lsblk -o NAME,FSTYPE,MOUNTPOINTS` on its machine: crypto_LUKS below; or your cloud says so',
    ),
    unseen(
      'alerts',
      'whether an alert reaches someone',
      'load deploy/prometheus/alerts.yml, then ask your Prometheus for ALERTS; and let a monitor outside ask /health',
    ),
    unseen(
      'incidents',
      'whether people know what to do',
      'walk through deploy/prometheus/README.md and deploy/backup/README.md with whoever is on call',
    ),
  ],
}
