/** Nearly as much as a call may say of itself, and as many objects as fit. */
export const NOTES = { list: Array.from({ length: 5_000 }, (_, index) => ({ n: index })) }

/** What is read, made and written in one go; the 100 ms of the contract would be many times as much. */
export const BYTES_MAX = 800_000
