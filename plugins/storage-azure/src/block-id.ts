/** All names of blocks of one blob have to have one length, those that another upload has left as well. */
export function blockId(upload: string, number: number): string {
  return Buffer.from(`${upload}-${String(number).padStart(5, '0')}`).toString('base64')
}

/** The upload that a block is of; of one that somebody else has sent, anything. */
export function ownerOf(id: string): string {
  return Buffer.from(id, 'base64')
    .toString()
    .replace(/-\d{5}$/, '')
}
