// Package linear says whether what a database of calls answered to many clients at
// once can have come from one session after the other: each request has had its
// effect at one moment between its beginning and its answer (it is linearizable).
//
//	var h linear.History
//	a, b := h.Client(db1), h.Client(db2) // of one database, perhaps over bad networks
//	...                                  // both write, take and read the same sessions
//	report, err := h.Check(ctx)
//
// # The model
//
// Every session stands for itself. It is nothing, or it has a version, an epoch, a
// record, and something left to do or not.
//
//   - Write of version v under epoch e has an effect if the session is at v-1 under
//     e (or if it is new, and there is none): then it is at v, with the new record.
//     Else the answer is store.ErrFenced, and nothing changes.
//   - Take and Claim give the session as it is, under an epoch that is higher than
//     all before. Take answers store.ErrNone if there is nothing to do, and may
//     answer store.ErrElsewhere at any time: that depends on leases, which are not
//     part of the model.
//   - Try changes nothing that the model knows; it is refused under another epoch.
//   - Read gives the session as it is.
//   - A Write that ended with store.ErrUncertain has its effect at some moment after
//     it began, also after the answer, or never. After a Take or Claim that ended so
//     the epoch may rise at any moment: how often is not told apart, or the search
//     would not end. Any other error means that there was no effect.
//
// The search is porcupine's.
package linear
