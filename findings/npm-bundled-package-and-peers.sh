#!/usr/bin/env bash
# npm: a package that is bundled, for its patches, is not the one that the neighbours of its user get.
#
# Versions: npm 11.19.1. The packages are made here, so nothing is downloaded.
# Source:   npm's manual on bundleDependencies: they "will be bundled when publishing the package".
# Expected: service, driver and ORM behave after `npm install service.tgz` as in the repository they were packed in.
# Seen:     the ORM is installed above the service, from where it can't see the bundled driver. If the driver is a peer of
#           it, npm installs a second driver, without the patch, and nothing warns. If it is an optional peer, there is
#           none. Only bundling the ORM too keeps them together.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export npm_config_audit=false npm_config_fund=false npm_config_loglevel=error npm_config_offline=true

pack() { (cd "$1" && npm pack --silent --pack-destination "$work" >/dev/null); }
driver() {
  mkdir -p "$1"
  echo '{ "name": "driver", "version": "1.0.0", "type": "module", "exports": "./index.js" }' >"$1/package.json"
  echo "export default '$2'" >"$1/index.js"
}
driver plain 'the driver without the patch'
pack plain

for peer in required optional; do
  for bundled in '"driver"' '"driver", "orm"'; do
    dir=$peer-$(echo "$bundled" | tr -dc a-z)
    mkdir -p "$dir/orm" "$dir/service/node_modules" "$dir/app"
    meta=$([ $peer = optional ] && echo ', "peerDependenciesMeta": { "driver": { "optional": true } }' || true)
    echo '{ "name": "orm", "version": "1.0.0", "type": "module", "exports": "./index.js", "peerDependencies": { "driver": "1.0.0" }'"$meta }" >"$dir/orm/package.json"
    echo "export default await import('driver').then((m) => m.default, () => 'no driver')" >"$dir/orm/index.js"
    (cd "$dir/orm" && npm pack --silent --pack-destination .. >/dev/null)
    # In the repository: the patched driver, the ORM beside it.
    driver "$dir/service/node_modules/driver" 'the patched driver'
    cp -r "$dir/orm" "$dir/service/node_modules/orm"
    echo '{ "name": "service", "version": "1.0.0", "type": "module", "exports": "./index.js", "bundleDependencies": ['"$bundled"'],
      "dependencies": { "driver": "1.0.0", "orm": "file:'"$work/$dir"'/orm-1.0.0.tgz" } }' >"$dir/service/package.json"
    echo "import driver from 'driver'; import orm from 'orm'; console.log('  service:', driver); console.log('  orm:    ', orm)" >"$dir/service/index.js"
    (cd "$dir/service" && npm pack --silent --pack-destination .. >/dev/null)
    # In place of a registry: where npm would fetch the driver, it finds the plain one.
    echo '{ "private": true, "type": "module", "overrides": { "orm": { "driver": "file:'"$work"'/driver-1.0.0.tgz" } } }' >"$dir/app/package.json"
    (cd "$dir/app" && npm install --silent ../service-1.0.0.tgz)
    echo "the driver is a peer, $peer; bundled: ${bundled//\"/}"
    (cd "$dir/app" && echo "import 'service'" >main.js && node main.js)
  done
done | tee seen

diff seen - <<'SEEN'
the driver is a peer, required; bundled: driver
  service: the patched driver
  orm:     the driver without the patch
the driver is a peer, required; bundled: driver, orm
  service: the patched driver
  orm:     the patched driver
the driver is a peer, optional; bundled: driver
  service: the patched driver
  orm:     no driver
the driver is a peer, optional; bundled: driver, orm
  service: the patched driver
  orm:     the patched driver
SEEN
