/**
 * Loaded into every child of the stack (`node --import`). A child whose parent died, however it died, would go
 * on holding its port and its data directory: the closed channel tells it to stop as if asked.
 */
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
// The channel alone must not keep a finished child alive.
process.channel?.unref();
