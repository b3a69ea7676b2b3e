// Package powerloss is a disk in memory under SQLite whose power can be cut. What
// was written and not synced is kept apart: after a cut, a part of it that a seed
// picks is there, torn at sectors and in any order, and the rest is not. So a test
// can say whether what a program called stored was.
//
//	disk, err := powerloss.New(seed)
//	db, err := sql.Open("sqlite", "file:/calls.db?vfs="+disk.Name())
//	disk.CutAfter(300)       // the 301st write, sync, ... does not happen any more
//	...                      // use db until it fails, then close it
//	loss := disk.Restart()   // what had been on its way is gone
//	db, err = sql.Open(...)  // and what is left is read
//
// The disk is as unkind as a real one may be, and no more:
//
//   - Of a file's writes since its last sync any part survives, each sector for
//     itself. A sector is 512 or 4096 bytes, by the seed. One may be torn.
//   - Where a file has grown and its new bytes are lost, it may have its new
//     length, with zeros or rubbish in it.
//   - A file that was made or deleted since its folder was last synced may be
//     gone, or be back.
//   - A sync that fails (FailSync) does not keep what it should have kept, and
//     neither does any later one: the system thinks that it is written.
//   - What a rule refuses (Obey) is not done: a full disk, a broken sync, one that
//     takes its time.
//   - Bytes that no write touched stay as they are (what SQLite calls powersafe
//     overwrite, and takes for granted everywhere).
//
// A Disk is safe for concurrent use. It knows the locks and the shared memory that
// SQLite needs for several connections to one file in WAL mode, within one process.
// The driver's part of it is modernc.org/sqlite's; it is for tests.
package powerloss
