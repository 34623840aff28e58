declare module 'mongodb/lib/cmap/commands.js'
