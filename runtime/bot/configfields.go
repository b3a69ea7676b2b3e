package bot

import "github.com/ivrflow/ivrflow/framework/tree"

// ConfigField describes one key of a configuration file.
type ConfigField struct {
	Name     string // with dots below another key: "tls.cert"; below routes: of each route
	Type     string // in words: "duration", "list of texts"
	Default  string // as in a file; empty if there is none, or if Doc says it
	Required bool
	Doc      string // one sentence without a full stop

	read func(*configReader, *tree.Node) // nil: a map of the fields below it
}

// ConfigFields lists all keys of a configuration file in the order of the
// manual. It also drives the reader, so that the two cannot differ.
func ConfigFields() []ConfigField {
	fields := identityFields()
	fields = append(fields, storeKeys()...)
	fields = append(fields, listenFields()...)
	fields = append(fields, cloudFields()...)
	fields = append(fields, flowFields()...)
	fields = append(fields, rightsFields()...)
	fields = append(fields, overloadFields()...)
	return append(fields, adminFields()...)
}

const secretType = "secret: {env: NAME} or {file: PATH}"

func identityFields() []ConfigField {
	return []ConfigField{
		{Name: "app_id", Type: "GUID", Required: true, read: (*configReader).appID,
			Doc: "the bot's application id in Entra ID"},
		{Name: "secret", Type: secretType, Required: true, read: (*configReader).clientSecret,
			Doc: "the application's client secret"},
		{Name: "tenants", Type: "list of GUIDs", Required: true, read: (*configReader).tenants,
			Doc: `the tenants whose calls are taken; "*" takes calls of every tenant that installs the bot`},
		{Name: "key", Type: secretType, read: (*configReader).signingKey,
			Doc: "encrypts what is kept of calls, and signs callback and prompt addresses: at least 32 random bytes in base64; with PostgreSQL required and the same for all processes, else made at the first start and kept beside the store"},
	}
}

func storeKeys() []ConfigField {
	return []ConfigField{
		{Name: "store", Type: "path, memory, or a map", Default: DefaultStoreFile, read: (*configReader).store,
			Doc: "where calls are kept: an SQLite file, beside this one if nothing is said"},
		{Name: "store.sqlite", Type: "path", read: (*configReader).storeSQLite,
			Doc: "the SQLite file, which one process has to itself; made if it is not there"},
		{Name: "store.postgres", Type: "postgres address, or secret: {env: NAME} or {file: PATH}", read: (*configReader).storePostgres,
			Doc: "the PostgreSQL database, which several processes may share; an address with a password is a secret"},
		{Name: "store.lease", Type: "duration", Default: "7s", read: (*configReader).lease,
			Doc: "with PostgreSQL: how long a process that is not heard of keeps its calls, 3s to 60s"},
		{Name: "retention", Type: "map", Doc: "how long what is kept of a call is kept after its end"},
		{Name: "retention.keys", Type: "duration, or days: 7d", Default: "24h", read: (*configReader).keepKeys,
			Doc: "the keys that were pressed and the values of the call, 1m to 366d; 0: no longer than the call"},
		{Name: "retention.calls", Type: "duration, or days", Default: "90d", read: (*configReader).keepCalls,
			Doc: "who called when, and what happened without what was said, 1d to 3660d"},
		{Name: "retention.recordings", Type: "duration, or days", Default: "30d", read: (*configReader).keepRecordings,
			Doc: "recordings that are in the store, 1h to 3660d"},
	}
}

func listenFields() []ConfigField {
	return []ConfigField{
		{Name: "public_url", Type: "https address", Required: true, read: (*configReader).publicURL,
			Doc: "where Graph reaches the bot; calls are taken at /api/calls below it"},
		{Name: "listen", Type: "host:port", Default: `":8443"`, read: (*configReader).listen,
			Doc: "where the bot listens"},
		{Name: "tls", Type: "map",
			Doc: "certificate of the listener; without it the bot speaks plain HTTP to the proxy in front of it"},
		{Name: "tls.cert", Type: "path", Required: true, read: (*configReader).tlsCert,
			Doc: "PEM file with the certificate and its chain"},
		{Name: "tls.key", Type: "path", Required: true, read: (*configReader).tlsKey,
			Doc: "PEM file with the private key, readable by the bot's user only"},
		{Name: "reload", Type: "signal or watch", Default: "signal", read: (*configReader).reload,
			Doc: "when run reads this file and the flows again: at SIGHUP only, or also when one of the files has changed"},
		{Name: "drain", Type: "duration", Default: "10s", read: (*configReader).drain,
			Doc: "at shutdown: how long live calls in memory may go on, or one of several nodes goes on before it hands its calls over, 1s to 4h"},
		{Name: "log", Type: "map", Doc: "what is logged to standard error"},
		{Name: "log.level", Type: "debug, info, warn or error", Default: "info", read: (*configReader).logLevel,
			Doc: "the least important lines that are written"},
		{Name: "log.format", Type: "text or json", Default: "text", read: (*configReader).logFormat,
			Doc: "the form of a line"},
	}
}

func cloudFields() []ConfigField {
	return []ConfigField{
		{Name: "cloud", Type: "public or government", Default: "public", read: (*configReader).cloud,
			Doc: "the Microsoft cloud the tenants are in"},
		{Name: "entra_callbacks", Type: "bool", Default: "false", read: (*configReader).entraCallbacks,
			Doc: "public cloud: believe callbacks with tokens of Entra ID, too, a form that Microsoft has announced"},
		{Name: "graph", Type: "map", Doc: "other addresses of Graph than the cloud's, for a simulator"},
		{Name: "graph.url", Type: "address", read: (*configReader).graphURL,
			Doc: "root of the API with its version, https or a loopback address"},
		{Name: "graph.login_url", Type: "address", read: (*configReader).loginURL,
			Doc: "root of the token service, https or a loopback address"},
		{Name: "graph.metadata_url", Type: "address", read: (*configReader).metadataURL,
			Doc: "OpenID metadata of a simulator whose callbacks are believed: on a loopback address, and the bot must listen on one, too; elsewhere only with key_thumbprint"},
		{Name: "graph.key_thumbprint", Type: "text", read: (*configReader).keyThumbprint,
			Doc: "the only key of the simulator that is believed, by its SHA-256 thumbprint (RFC 7638), as ivrflow graphsim prints it"},
	}
}

func flowFields() []ConfigField {
	return []ConfigField{
		{Name: "flows", Type: "list of paths", Required: true, read: (*configReader).flows,
			Doc: "the flow files, relative to this file"},
		{Name: "routes", Type: "list of maps", read: (*configReader).readRoutes,
			Doc: "which call goes to which flow; the first route that fits decides, and a key that is not given fits every call"},
		{Name: "routes.called", Type: "text", read: routeText(func(t *Route) *string { return &t.Called }),
			Doc: "object id, application id or number of the identity that was called"},
		{Name: "routes.number", Type: "text", read: (*configReader).routeNumber,
			Doc: `prefix of the number that was called: "+4420"`},
		{Name: "routes.tenant", Type: "GUID", read: (*configReader).routeTenant,
			Doc: "the tenant of the call"},
		{Name: "routes.caller", Type: "pattern", read: (*configReader).routeCaller,
			Doc: `pattern of the caller's number or id, with * and ?: "+44*"`},
		{Name: "routes.flow", Type: "text", read: (*configReader).routeFlow,
			Doc: "name of the flow; each route has one, or `elsewhere`"},
		{Name: "routes.elsewhere", Type: "https address", read: (*configReader).routeElsewhere,
			Doc: "public_url of another deployment of the bot, to which the platform is sent (302) with these calls; a bot skips its own"},
		{Name: "routes.region", Type: "text", read: routeText(func(t *Route) *string { return &t.Region }),
			Doc: "with elsewhere: the region of the caller's service, such as emea"},
		{Name: "default", Type: "text", Default: "the only flow", read: (*configReader).defaultFlow,
			Doc: "name of the flow for calls that no route fits; without it they are rejected"},
		{Name: "config", Type: "map of flows to values", read: (*configReader).flowConfig,
			Doc: "what each flow reads as config, by the flow's name"},
	}
}

func rightsFields() []ConfigField {
	return []ConfigField{
		{Name: "phones", Type: "list of texts", Default: "[]", read: (*configReader).phones,
			Doc: `prefixes of the telephone numbers that calls may be sent to: "+4420"`},
		{Name: "hosts", Type: "list of maps", Default: "[]", read: (*configReader).readHosts,
			Doc: "the web services that http steps and HTTP actions may ask; no others are"},
		{Name: "hosts.url", Type: "https address", Required: true, read: (*configReader).hostURL,
			Doc: "scheme, host and perhaps port, without a path: https://api.example.com"},
		{Name: "hosts.flows", Type: "list of texts", Default: "the only flow", read: (*configReader).hostFlows,
			Doc: "names of the flows that may ask it"},
		{Name: "hosts.networks", Type: "list of networks", Default: "[]", read: (*configReader).hostNetworks,
			Doc: "the private networks in which its address may be, such as 10.20.0.0/16; without them it must be public"},
		{Name: "secrets", Type: "map of names to {env: NAME or file: PATH, hosts: list of hosts}", read: (*configReader).secrets,
			Doc: "what flows send as ${secret.NAME} in headers, each to its own hosts only"},
		{Name: "speech", Type: "map", Doc: "how texts are spoken; without it flows with texts are refused"},
		{Name: "speech.command", Type: "list of texts", Required: true, read: (*configReader).speechCommand,
			Doc: "program that turns the text on its standard input into a WAV file on its standard output, with its arguments; {locale} and {voice} are replaced"},
		{Name: "speech.ssml", Type: "list of texts", read: (*configReader).speechSSML,
			Doc: "the same for prompts with ssml: true, as a program that reads SSML; without it flows with such prompts are refused"},
		{Name: "speech.timeout", Type: "duration", Default: "30s", read: (*configReader).speechTimeout,
			Doc: "how long the program may take for one text, 1s to 5m"},
		{Name: "prompts", Type: "map", Doc: "how the flows' audio files are read"},
		{Name: "prompts.convert", Type: "list of texts", read: (*configReader).convertCommand,
			Doc: "program that makes a WAV file {out} of an audio file {in}, with its arguments; it is asked for files that are not WAV, FLAC, MP3 or G.711"},
		{Name: "prompts.timeout", Type: "duration", Default: "30s", read: (*configReader).convertTimeout,
			Doc: "how long the program may take for one file, 1s to 5m"},
		{Name: "recordings", Type: "path", read: (*configReader).recordings,
			Doc: "folder for recordings, made if it is not there; without it they are kept in the store"},
		{Name: "recording_hosts", Type: "list of texts", Default: `["*.microsoft.com", "*.skype.com"]`, read: (*configReader).recordingHosts,
			Doc: `hosts besides Graph's from which recordings are fetched: "host" or "*.domain"`},
	}
}
