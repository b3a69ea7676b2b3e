package graphsim

import "math/rand/v2"

// SomeSettings picks by a seed among the forms and orders that pages and
// traces show for the same thing. A bot that works as documented must not care
// which of them it gets. Times, limits and codes keep their defaults.
func SomeSettings(seed uint64) Settings {
	r := rand.New(rand.NewPCG(seed, 0x736574))
	var t Settings
	for _, form := range [...]*bool{
		&t.IDInUpdates, &t.NoOperationID, &t.NoLegacyResource, &t.OnlyLegacyResource, &t.NoLeadingSlash, &t.PascalCase, &t.Undeclared,
		&t.UnknownTypes, &t.OperationUpdates, &t.TellRedirecting, &t.LegacyFirst, &t.SameMessageID, &t.TwinKeys,
		&t.CodesAsText, &t.NoTerminating, &t.Roster, &t.InnerErrorOld, &t.PromptCacheByCall, &t.NoResultInfo,
		&t.NoCompletionReason, &t.StopToneHidden, &t.RecordEndsReported, &t.BargedOutSilent, &t.TransferMutes,
	} {
		*form = r.IntN(3) == 0
	}
	t.Audio = AudioOrder(r.IntN(int(AudioFirst) + 1))
	t.Start = StartStatus(r.IntN(int(StartNull) + 1))
	t.PromptCancel = CancelForm(r.IntN(int(CancelCompleted) + 1))
	t.Subscription = DoubleSubscription(r.IntN(int(SubscribeTwice) + 1))
	t.TransferCode = 200 * r.IntN(2)
	if r.IntN(3) == 0 {
		t.TokenIssuer = "https://graph.microsoft.com"
	}
	t.ConsultResult = r.IntN(3) == 0
	for _, form := range [...]*bool{&t.LobbyEstablishing, &t.NoInviteIDs, &t.OperationsGone, &t.SessionInAddress} {
		*form = r.IntN(3) == 0
	}
	return t
}
