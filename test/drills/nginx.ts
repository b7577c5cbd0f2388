import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventually, run } from '../support/processes.ts'
import { freePort } from './ports.ts'
import type { Ends } from './report.ts'

export interface Nginx {
  origin: string
  /** What it has logged of requests that it could not pass on. */
  complaints(): string[]
}

/**
 * What matters here of deploy/nginx: another server is tried only where a request has not been sent, and
 * idle connections are let go by nginx, not by a server in the moment of a request.
 */
export async function startNginx(
  ends: Ends,
  home: string,
  options: { servers: readonly number[]; idleS: number },
): Promise<Nginx> {
  const port = await freePort()
  const file = join(home, 'nginx.conf')
  const errors = join(home, 'nginx-error.log')
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${join(home, `nginx-${name}`)};`)
    .join('\n  ')
  writeFileSync(
    file,
    `
daemon off;
worker_processes 1;
error_log ${errors} error;
pid ${join(home, 'nginx.pid')};
events { worker_connections 1024; }
http {
  access_log off;
  ${temporary}
  upstream strongroom {
    ${options.servers.map((server) => `server 127.0.0.1:${server} max_fails=1 fail_timeout=1s;`).join('\n    ')}
    keepalive 64;
    keepalive_timeout ${options.idleS}s;
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://strongroom;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_connect_timeout 1s;
      proxy_next_upstream error timeout;
    }
  }
}
`,
  )
  const nginx = run('nginx', ['-c', file, '-e', 'stderr'], { cwd: home })
  ends.after(() => nginx.child.kill('SIGTERM'))
  const origin = `http://127.0.0.1:${port}`
  const answers = () =>
    fetch(`${origin}/health/live`).then(
      (answer) => answer.ok,
      () => false,
    )
  if (!(await eventually(answers, 10_000))) throw new Error(`nginx: ${nginx.output()}`)
  return {
    origin,
    // That a server is away is what it is there to deal with.
    complaints: () =>
      readFileSync(errors, 'utf8')
        .split('\n')
        .filter((line) => line !== '' && !line.includes('Connection refused')),
  }
}
