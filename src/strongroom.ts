#!/usr/bin/env node
// The `strongroom` of the package: the service without arguments, else a command. Each is a program of
// its own, so that a command loads no service.
if (process.argv.length > 2) {
  await import('./cli.ts')
} else {
  // The shell that npx starts keeps signals to itself. As below any script of npm, the service stops
  // when its parent is gone; process/npm.ts knows such a script by this name.
  if (process.env['npm_command'] === 'exec') process.env['npm_package_name'] = 'strongroom'
  await import('./server.ts')
}
