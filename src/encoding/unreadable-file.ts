/** A file is not there, or is nothing of the kind it should be. */
export class UnreadableFile extends Error {}
