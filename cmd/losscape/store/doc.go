// Package store keeps the finished pieces of long work in a folder beside its target, so that
// work that was interrupted goes on where it ended, and several processes share it.
//
// The folder of F is F.part. In it are
//
//	manifest.json          what the work is: see Manifest
//	000123.piece           a finished piece, by its number from 0
//	lock, shard-2-of-8.lock  held by the processes that work on it
//
// A piece is written under a temporary name, and renamed when it is on the disk: a file of that
// name is whole. What is in it is anything that a caller has written, followed by a trailer of 96
// bytes, little-endian:
//
//	 0  8 bytes   "LOSSPCE1", the version of the format
//	 8  32 bytes  SHA-256 of what the manifest says of the work: Manifest.ID
//	40  uint64    number of the piece
//	48  uint64    nanoseconds that it took to compute
//	56  uint64    bytes before the trailer
//	64  32 bytes  SHA-256 of these bytes and of the 64 bytes before this one
//
// A piece of which any bit is another is not used: it counts as missing, which Warn is told.
//
// A process holds a lock while it works on the store. The kernel frees it when the process ends
// in whatever way. One process works on all of a store, or several on a shard each: the
// file lock is held exclusively by the one, and is shared by the others, each of which holds the
// lock of its shard. On file systems without locks there are none, and who starts two processes
// of one shard has them compute the same twice; the bytes are the same.
//
// The folder is removed when the target is written. The target then has a receipt, see Sign: the extended
// attribute user.losscape.work, by which the same work is not done again.
//
// No time of day is used, so that clocks may be wrong; that of a file's last change is compared for
// being the same.
package store
