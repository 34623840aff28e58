export const KINDS = ['string', 'list', 'set', 'hash', 'zset', 'stream'] as const
export type Kind = (typeof KINDS)[number]

/**
 * How much of a stream is digested: what all versions of Redis store; since 7.0 counters and ids of deleted entries, too; since
 * 7.2 the times of consumers. An older server's stream gains the rest when a newer one loads it.
 */
export type StreamDetail = 1 | 2 | 3
