/**
 * The signals that stop a program in good order: from Ctrl-C, a closed terminal, and service
 * managers.
 */
export const STOP_SIGNALS = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const
