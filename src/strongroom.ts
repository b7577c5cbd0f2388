#!/usr/bin/env node
// The package's `strongroom`: without arguments the service, otherwise a command. They are separate
// programs, so that a command does not load the service.
if (process.argv.length > 2) {
  await import('./cli.ts')
} else {
  // The shell that npx starts does not forward signals. As with any npm script, the service stops
  // when its parent is gone; process/npm.ts recognises npm scripts by this name.
  if (process.env['npm_command'] === 'exec') process.env['npm_package_name'] = 'strongroom'
  await import('./server.ts')
}
