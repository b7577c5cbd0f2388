// What runs inside the page. It is sent there as text, so each function stands alone.

/** Whether a page has come to rest: nothing loads any more. */
export function isAtRest() {
  return (
    document.querySelector('h1') !== null &&
    document.querySelector('.waiting, [aria-busy="true"]') === null
  )
}

/** Counts what a person clicks, and keeps what the policy refuses. */
export function startCounting() {
  const counts = { clicks: 0, violations: [] }
  Object.assign(globalThis, { counts })
  addEventListener(
    'click',
    (event) => (counts.clicks += event.isTrusted && event.detail > 0 ? 1 : 0),
    true,
  )
  addEventListener('securitypolicyviolation', (event) =>
    counts.violations.push(`${event.violatedDirective} ${event.blockedURI}`),
  )
}

export function readCounts() {
  return globalThis.counts
}

export function resetClicks() {
  globalThis.counts.clicks = 0
}

/** How many pixels of the page stand out at the side. */
export function overflow() {
  return document.documentElement.scrollWidth - innerWidth
}

export function hasAxe() {
  return 'axe' in globalThis
}

/** What axe finds, by rule and place. */
export async function runAxe(runOnly) {
  const { violations } = await globalThis.axe.run({ runOnly, resultTypes: ['violations'] })
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, any }) => `${id}: ${target.join(' ')}: ${any[0]?.message ?? ''}`),
  )
}

/** Marks what a keyboard should reach; a mark goes with the focus. @returns how many stops there are */
export function markReachable() {
  document.body.focus()
  let stops = 0
  for (const element of document.querySelectorAll(
    'a[href], button:not(:disabled), input, select, summary, [tabindex="0"]',
  )) {
    if (!element.checkVisibility({ visibilityProperty: true })) continue
    element.dataset.wanted = ''
    // A date has a stop for each of its parts.
    stops += element.matches('[type="date"]') ? 5 : 1
  }
  addEventListener('focusin', ({ target }) => {
    if (target instanceof HTMLElement) delete target.dataset.wanted
  })
  return stops
}

export function stillMarked() {
  return [...document.querySelectorAll('[data-wanted]')].map(
    (element) => `${element.tagName} ${element.textContent}`,
  )
}

export function labelsOf(elements) {
  return elements.map((element) => element.getAttribute('aria-label') ?? '')
}
