/** A file does not exist, or its content is not of the expected kind. */
export class UnreadableFile extends Error {}
