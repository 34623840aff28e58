/** What the name of an image's file tells, such as `SAMPLE.0.db2inst1.DBPART000.20250830063440.001`. */
export interface ImageName {
  readonly database: string
  /** 0 a full backup, 3 one of table spaces, 4 a copy of a load. */
  readonly type: number
  readonly instance: string
  readonly timestamp: string
  /** From 1 on. */
  readonly part: number
}

/** Before version 10 the member was called `NODE0000.CATN0000`. */
const NAME = /^([\w@#$]{1,8})\.(\d)\.([\w.$-]+?)\.(?:DBPART\d{3}|NODE\d{4}\.CATN\d{4})\.(\d{14})\.(\d{3,4})$/

export function parseImageName(file: string): ImageName | undefined {
  const [, database, type, instance, timestamp, part] = NAME.exec(file) ?? []
  if (database === undefined || instance === undefined || timestamp === undefined) return undefined
  return { database, type: Number(type), instance, timestamp, part: Number(part) }
}
