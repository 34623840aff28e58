import type { Socket } from 'node:net'

/**
 * Breaks a connection as a cable would. A socket that is being shut down or connected cannot be reset: Node never closes one
 * that is to be nevertheless, and its process then never ends. Hence nothing is flushed before the reset, either.
 */
export function sever(socket: Socket | null): void {
  if (socket === null || socket.destroyed) return
  if (socket.writableEnded || socket.connecting) socket.destroy()
  else {
    socket.destroySoon = () => void socket.destroy()
    socket.resetAndDestroy()
  }
}
