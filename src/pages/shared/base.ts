/** The path below which the service is reached, without a slash at the end. The server writes it. */
export const BASE = document.documentElement.dataset['base'] ?? ''
