// Package server is the bot's HTTP side: it takes Microsoft Graph's call
// notifications, serves prompt audio, and says whether the bot is well.
//
// No notification gets past [New]'s handler without a token that a [Verifier]
// has accepted. There is no setting that turns a check off: what differs from
// one cloud to another, and between the cloud and a simulator on this machine,
// is the data of a [Profile].
//
//	profile := server.PublicCloud(appID, tenant)
//	verifier, err := server.NewVerifier(server.VerifierConfig{Profiles: []server.Profile{profile}})
//	...
//	handler, err := server.New(server.Config{Verifier: verifier, Intake: bot, AppID: appID})
//	...
//	err = server.HTTPServer(handler).ServeTLS(server.Limit(listener, server.ConnLimits{}, log), cert, key)
//
// The routes:
//
//	POST /api/calls                          a new call, the webhook that is registered with Teams
//	POST /api/calls/{session}/{leg}/{secret} everything later, the callbackUri of each call
//	GET  /media/{sha256}.wav                 prompt audio, by signed address only
//	GET  /healthz                            the process is alive
//	GET  /readyz                             the bot can take calls, else 503 with a word why
//
// [Apps] puts several such handlers on one host, each below its app's id.
//
// [Verifier], [Media] and the handler are safe for concurrent use. None of
// them starts a goroutine.
package server
