// Package fleet runs the built program as real processes, calls it, and takes it
// down: kill -9, SIGSTOP, a rolling restart. It keeps a history of every call as
// the world outside saw it, and says what of it must not be.
//
//	binary, err := fleet.Build(ctx, dir)
//	f, err := fleet.New(fleet.Config{Binary: binary, Dir: dir, Nodes: 3})
//	defer f.Close()
//	err = f.Start(ctx)       // all nodes, until each is ready
//	calls := f.Callers(ctx, 24) // people who ring, press keys and hang up
//	f.Nodes()[0].Kill()
//	...
//	calls.Stop()
//	report := f.History.Report()
//
// Graph is a graphsim on loopback in real time. Between it and the nodes stands a
// balancer that hands each callback to the next node that is up, as any load
// balancer would. Beside them is a web service which the flow tells what it heard:
// that is how a key that was acknowledged and then forgotten is found out.
//
// What is checked needs no knowledge of the program's inside:
//
//   - a key whose callback was answered 2xx has an effect;
//   - nothing that does harm when it is repeated (a transfer, a POST) is done more
//     often than a caller asked for it;
//   - every call ends, and no caller sits in silence.
//
// The nodes are stopped when the fleet is closed. On Linux they die with the
// process that started them, too.
package fleet
