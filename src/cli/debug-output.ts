/**
 * With `DEBUG=*`, which people send along with a report, oclif would print the whole command line, secrets included.
 * Its own output stays off; that of everything else is as it was asked for. Has to come before oclif is loaded.
 */
export function keepCommandLineOutOfDebug(): void {
  const wanted = process.env['DEBUG']
  if (wanted?.includes('*')) process.env['DEBUG'] = `${wanted},-oclif*`
}
