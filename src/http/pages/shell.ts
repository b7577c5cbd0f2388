import type { Entry } from './assets.ts'

/** Scripts and styles of our own files, calls to our own service, and nothing else. */
export const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

/**
 * The document of a page, into which its script writes. It holds nothing of any caller.
 * @param base the path below which the service is reached, without a slash at the end
 */
export function shellOf(title: string, { script, styles }: Entry, base: string): string {
  const links = styles.map((name) => `<link rel="stylesheet" href="${base}/assets/${name}">`)
  return `<!doctype html>
<html lang="en" data-base="${base}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="${base}/assets/icon.svg" type="image/svg+xml">
${links.join('\n')}
<script type="module" src="${base}/assets/${script}"></script>
</head>
<body>
<div id="page"></div>
<noscript>This page needs JavaScript. Everything it shows is in the API: ${base}/docs</noscript>
</body>
</html>
`
}

/** Instead of a page, where the sources run without a build. */
export const NOT_BUILT = 'The pages are not built: `npm run build` does it.\n'
