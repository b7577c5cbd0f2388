/** What ends a program in good order: Ctrl-C, a closed terminal, and what service managers send. */
export const STOP_SIGNALS = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const
