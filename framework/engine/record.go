package engine

import (
	"slices"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// recordSpec is the record step that runs, nil if none does.
func (r *run) recordSpec() *flow.Record {
	step, _ := r.place()
	if step == nil {
		return nil
	}
	spec, _ := step.Spec.(*flow.Record)
	return spec
}

// enterAsking awaits the caller's consent, which may have been typed already.
func (r *run) enterAsking(*flow.Step) {
	spec := r.recordSpec()
	if spec == nil {
		return
	}
	if len(r.s.Tones.Ahead) > 0 {
		k := r.s.Tones.Ahead[0].Key
		r.s.Tones.Ahead = r.s.Tones.Ahead[1:]
		r.consentKey(k)
		return
	}
	r.start(whyFirstKey, spec.FirstKey, 0)
}

// consentKey: 1 agrees to be recorded, anything else does not.
func (r *run) consentKey(k ivr.Key) {
	if k == '1' {
		r.fire(flow.TriggerAccepted)
		return
	}
	r.leave("refused", View{Keys: k.String()})
}

// record starts the recording, or its first chunk.
func (r *run) record(step *flow.Step) {
	spec, ok := step.Spec.(*flow.Record)
	if !ok {
		return
	}
	r.s.Record.Begun = r.now
	r.s.Record.Op = r.sendRecord(spec, true)
}

// sendRecord asks for the next stretch of the recording: all of it, or one
// chunk of keep_on_hangup.
func (r *run) sendRecord(spec *flow.Record, first bool) ivr.OpID {
	rec := &r.s.Record
	long := spec.Max - rec.Planned
	if spec.Every > 0 {
		long = min(long, spec.Every)
	}
	rec.Planned += long
	initial := spec.InitialSilence
	if !first {
		initial = spec.Silence // the caller was speaking: a pause at the seam is a pause
	}
	wait := time.Duration(0)
	if !first {
		wait = spec.Every // for the end of the chunk before it
	}
	op := r.newOp(opRecord, wait+long+recordSlack)
	r.emit(ivr.RecordResponse{Op: op, Leg: r.s.Leg.ID, Max: ivr.Duration(long), Silence: ivr.Duration(spec.Silence),
		InitialSilence: ivr.Duration(initial), StopKeys: spec.StopKeys, Beep: first && spec.Beep})
	r.awaitChunk(spec)
	return op
}

// awaitChunk arms the timer that queues the next chunk, if there is one.
func (r *run) awaitChunk(spec *flow.Record) {
	r.stop(whyChunk)
	if rec := &r.s.Record; rec.Planned < spec.Max {
		lead := rec.Planned - r.now.Sub(rec.Begun) - chunkLead
		r.start(whyChunk, max(lead, time.Second), 0)
	}
}

// queueChunk puts the next chunk behind the one that runs, before that ends.
func (r *run) queueChunk() {
	spec := r.recordSpec()
	rec := &r.s.Record
	if spec == nil || rec.Over || rec.Op == 0 || rec.Queued != 0 || r.s.Media.Cancelled || rec.Planned >= spec.Max {
		return
	}
	rec.Queued = r.sendRecord(spec, false)
}

// recordEnded: a recording, or a chunk of one, is ready to be fetched.
func (r *run) recordEnded(id ivr.OpID, ref *ivr.RecordingRef) {
	r.drop(id)
	rec := &r.s.Record
	if id != rec.Op && id != rec.Queued {
		return
	}
	if ref != nil && ref.Location != "" && ref.Why != ivr.RecordInitialSilence && !rec.Over {
		fetch := r.newOp(opFetch, fetchDeadline)
		rec.insert(Chunk{Op: id, Fetch: fetch})
		r.emit(ivr.FetchRecording{Op: fetch, Leg: r.s.Leg.ID, Recording: *ref})
	}
	goesOn := ref != nil && ref.Why == ivr.RecordMaxDuration
	r.stretchOver(id, goesOn)
}

// insert puts a chunk where it was spoken: ends may be told in any order.
func (rec *Record) insert(c Chunk) {
	i := len(rec.Chunks)
	for i > 0 && rec.Chunks[i-1].Op > c.Op {
		i--
	}
	rec.Chunks = slices.Insert(rec.Chunks, i, c)
}

// stretchOver: one recording ended. The chunk behind it goes on if the caller
// was still speaking; else it is cancelled and the step is over.
func (r *run) stretchOver(id ivr.OpID, goesOn bool) {
	rec, spec := &r.s.Record, r.recordSpec()
	if id == rec.Queued {
		rec.Queued = 0
		if rec.Op != 0 && !r.s.Media.Cancelled {
			rec.Last = !goesOn // the one before it is over too, and will say so
			return
		}
	} else {
		rec.Op, rec.Queued = rec.Queued, 0
	}
	goesOn = goesOn && !rec.Last
	if r.s.Media.Cancelled {
		if rec.Op == 0 && rec.Queued == 0 {
			r.dropMedia()
			r.openGate()
		}
		return
	}
	if goesOn && spec != nil && rec.Planned < spec.Max && rec.Op == 0 {
		rec.Op = r.sendRecord(spec, false) // it was not queued in time
	}
	if goesOn && rec.Op != 0 {
		if spec != nil && !r.waitsFor(whyChunk) {
			r.awaitChunk(spec) // the timer ran out while another chunk was queued
		}
		return
	}
	r.recordingOver(spec)
}

// recordingOver: nothing more is recorded. What was is fetched, then judged.
func (r *run) recordingOver(spec *flow.Record) {
	if spec == nil {
		return
	}
	rec := &r.s.Record
	rec.Over = true
	r.s.Tones.Stops, r.s.Tones.StopBy = spec.StopKeys, r.now.Add(stopKeyEcho)
	r.stopMedia() // the chunk that was queued
	if _, phase := r.place(); phase == flow.PhaseRecording {
		r.fire(flow.TriggerRecorded)
	}
}

// recordFailed: a recording ended badly. Silence is no failure, it is empty.
func (r *run) recordFailed(id ivr.OpID, res ivr.Result) {
	rec := &r.s.Record
	if id != rec.Op && id != rec.Queued {
		return
	}
	if id == rec.Op && rec.Queued == 0 && len(rec.Chunks) == 0 && (r.audioGone(res) || r.cancelledByOthers(res)) {
		*rec = Record{Again: rec.Again || res.Reason == ivr.ReasonCancelled}
		r.stop(whyChunk)
		return
	}
	silence := res.Reason == ivr.ReasonTimedOut && res.Subcode == initialSilence
	if !silence && id == rec.Queued && rec.Op != 0 && !r.s.Media.Cancelled {
		r.chunkRefused()
		return
	}
	if !silence && !r.s.Media.Cancelled {
		rec.Lost = res.Reason
		if rec.Lost == ivr.ReasonNone || rec.Lost == ivr.ReasonCancelled {
			rec.Lost = ivr.ReasonMedia
		}
	}
	r.stretchOver(id, false)
}

// cancelledByOthers reports whether a recording was cancelled, and not by us:
// as with a prompt, an earlier cancel caught it too, or the call is ending. If
// so, it begins again after that, once.
func (r *run) cancelledByOthers(res ivr.Result) bool {
	m := &r.s.Media
	if res.Reason != ivr.ReasonCancelled || m.Cancelled || r.s.Record.Again {
		return false
	}
	m.Waiting, m.Cancelled = true, true
	r.start(whyGate, cancelGate, 0)
	return true
}

// chunkRefused: the chunk behind the one that runs could not be queued. It is
// tried again, at the latest when that one ends.
func (r *run) chunkRefused() {
	rec, spec := &r.s.Record, r.recordSpec()
	rec.Queued = 0
	if spec != nil && spec.Every > 0 {
		rec.Planned = (rec.Planned - 1).Truncate(spec.Every) // without it
		r.awaitChunk(spec)
	}
}

// initialSilence is the platform's subcode for a caller who said nothing.
const initialSilence = 8510

// recordAgain repeats a recording whose request may or may not have been
// executed, after a cancel, as often as a prompt is.
func (r *run) recordAgain(e ivr.OperationUnknown) {
	rec := &r.s.Record
	if e.Op != rec.Op || r.s.Media.Cancelled {
		return
	}
	if len(rec.Chunks) > 0 || !r.mayRepeat(e, rec.Again) {
		rec.Lost = ivr.ReasonUnknownResult
		r.recordingOver(r.recordSpec())
		return
	}
	r.stopMedia()
	rec.Again, rec.Planned = rec.Again || !e.Died, 0
	r.s.Media.Waiting = true
}

// recordingSaved: a chunk was fetched, or all of them were joined.
func (r *run) recordingSaved(e ivr.RecordingSaved) {
	op := r.find(e.Op, "")
	if op == nil || op.Kind != opFetch && op.Kind != opJoin {
		return
	}
	kind := op.Kind
	r.drop(e.Op)
	if kind == opJoin {
		r.recordingDone(e.ID, e.Length.Std())
		return
	}
	for i := range r.s.Record.Chunks {
		if c := &r.s.Record.Chunks[i]; c.Fetch == e.Op {
			c.ID, c.Len = e.ID, e.Length
		}
	}
	r.settleRecording()
}

// fetchFailed: a chunk could not be fetched, or the chunks not be joined. What
// is left of the recording is kept.
func (r *run) fetchFailed(op Op, reason ivr.Reason) {
	rec := &r.s.Record
	rec.Lost = reason
	if reason == ivr.ReasonNone {
		rec.Lost = ivr.ReasonMedia
	}
	r.note("a part of the recording is lost: %s", rec.Lost)
	rec.Chunks = slices.DeleteFunc(rec.Chunks, func(c Chunk) bool { return op.Kind == opJoin || c.Fetch == op.ID })
	r.settleRecording()
}

func (r *run) allFetched() bool {
	return !slices.ContainsFunc(r.s.Record.Chunks, func(c Chunk) bool { return c.ID == "" })
}

// settleRecording ends the step once every chunk is here.
func (r *run) settleRecording() {
	rec := &r.s.Record
	if _, phase := r.place(); phase != flow.PhaseSaving || !rec.Over || !r.allFetched() || r.findKind(opJoin) != nil {
		return
	}
	var ids []string
	var total time.Duration
	for _, c := range rec.Chunks {
		ids = append(ids, c.ID)
		total += c.Len.Std()
	}
	switch {
	case len(ids) > 1:
		r.emit(ivr.JoinRecordings{Op: r.newOp(opJoin, fetchDeadline), Parts: ids})
	case len(ids) == 1:
		r.recordingDone(ids[0], total)
	default:
		r.recordingDone("", 0)
	}
}

// recordingDone ends the record step, or lets the hang-up that came meanwhile
// take its course.
func (r *run) recordingDone(id string, long time.Duration) {
	spec := r.recordSpec()
	if spec == nil {
		return
	}
	v := View{Seconds: long.Seconds()}
	if id != "" && long >= minRecording {
		r.setVar(spec.Var, id)
	}
	switch {
	case r.s.Leg.Gone:
		r.s.Result = View{Outcome: "hung_up", Reason: ivr.ReasonHungUp, Seconds: v.Seconds}
		r.hungUp()
	case id != "" && long >= minRecording:
		r.leave("done", v)
	case r.s.Record.Lost != ivr.ReasonNone:
		v.Reason = r.s.Record.Lost
		r.leave("failed", v)
	default:
		r.leave("empty", v)
	}
}

// keepRecording holds a hang-up back while chunks of the recording are still
// being fetched, so that on_hangup sees them.
func (r *run) keepRecording() bool {
	rec := &r.s.Record
	_, phase := r.place()
	if phase != flow.PhaseRecording && phase != flow.PhaseSaving || len(rec.Chunks) == 0 {
		return false
	}
	rec.Over, rec.Op, rec.Queued = true, 0, 0
	if phase == flow.PhaseRecording {
		r.fire(flow.TriggerRecorded) // settleRecording follows
	}
	return true
}
