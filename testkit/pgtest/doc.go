// Package pgtest runs private PostgreSQL servers for tests, and a proxy that cuts
// connections where it hurts.
//
// A test binary starts one server and gives each test a database of its own:
//
//	var server pgtest.Lazy
//
//	func TestMain(m *testing.M) {
//		code := m.Run()
//		server.Close()
//		os.Exit(code)
//	}
//
//	func TestThing(t *testing.T) {
//		url := server.Database(t)
//		...
//	}
//
// The server's programs must be installed, version 15 or later; see [Find]. They
// keep all they write in a temporary folder. Server and folder go also if the test
// process is killed: a small process watches over them. PostgreSQL refuses to run
// as root, so it then runs as the user postgres or nobody.
package pgtest
