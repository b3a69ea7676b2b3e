package bot

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/flow"
)

// Changes are what Reconfigure changed.
type Changes struct {
	Flows   []FlowChange // by name
	Other   []string     // keys of the configuration file that say something else now, and hold
	Restart []string     // keys that say something else than at the start, and need another one
}

// FlowChange is a flow that is another for the calls to come.
type FlowChange struct {
	Name    string
	Was, Is string // versions; empty: there was, or is, none
}

// String is "support 1f2e3d4c5b6a -> 6a5b4c3d2e1f".
func (c FlowChange) String() string {
	switch {
	case c.Was == "":
		return c.Name + " " + flow.Short(c.Is) + " is new"
	case c.Is == "":
		return c.Name + " is gone"
	}
	return c.Name + " " + flow.Short(c.Was) + " -> " + flow.Short(c.Is)
}

// None reports that nothing differs.
func (c Changes) None() bool { return len(c.Flows)+len(c.Other)+len(c.Restart) == 0 }

// Versions are the flows that changed, in one line.
func (c Changes) Versions() string {
	list := make([]string, len(c.Flows))
	for i, f := range c.Flows {
		list[i] = f.String()
	}
	return strings.Join(list, ", ")
}

// changesOf compares settings with those before, and what cannot be changed with
// what the bot was made of.
func changesOf(made Config, was, is *settings) Changes {
	var c Changes
	names := maps.Clone(was.flows)
	maps.Copy(names, is.flows)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		f := FlowChange{Name: name}
		if s := was.flows[name]; s != nil {
			f.Was = s.flow.Version
		}
		if s := is.flows[name]; s != nil {
			f.Is = s.flow.Version
		}
		if f.Was != f.Is {
			c.Flows = append(c.Flows, f)
		}
	}
	c.Other = differ(was.given, is.given, liveKeys())
	fixed := is.given
	if made.Key == nil || fixed.Key == nil {
		fixed.Key = made.Key // it came from elsewhere, or was made
	}
	c.Restart = differ(made, fixed, fixedKeys())
	return c
}

// configKey is a part of a configuration, by its key in a file.
type configKey struct {
	name string
	of   func(Config) any
}

func differ(a, b Config, keys []configKey) []string {
	var names []string
	for _, k := range keys {
		if !reflect.DeepEqual(k.of(a), k.of(b)) {
			names = append(names, k.name)
		}
	}
	return names
}

// liveKeys are what Reconfigure takes beside the flows.
func liveKeys() []configKey {
	return []configKey{
		{"routes", func(c Config) any { return slices.Clip(c.Routes) }},
		{"config", func(c Config) any { return c.FlowConfig }},
		{"phones", func(c Config) any { return c.Phones }},
		{"hosts", func(c Config) any { return c.HTTP.Hosts }},
		{"secrets", func(c Config) any { return c.HTTP.Secrets }},
		{"speech", func(c Config) any { return c.Speech }},
		{"recording_hosts", func(c Config) any { return c.RecordingHosts }},
		{"drain", func(c Config) any { return c.DrainFor }},
		{"admin.tokens", func(c Config) any { return c.Admin.Tokens }},
		{"fallback", func(c Config) any { return c.Fallback }},
	}
}

// fixedKeys are what a bot is from its start to its end.
func fixedKeys() []configKey {
	return []configKey{
		{"app_id", func(c Config) any { return c.AppID }},
		{"secret", func(c Config) any { return c.Secret }},
		{"tenants", func(c Config) any { return c.Tenants }},
		{"key", func(c Config) any { return c.Key }},
		{"public_url", func(c Config) any { return c.PublicURL }},
		{"listen", func(c Config) any { return c.Addr }},
		{"tls", func(c Config) any { return [2]string{c.CertFile, c.KeyFile} }},
		{"cloud", func(c Config) any { return [2]any{c.GraphURL, c.Profiles} }},
		{"recordings", func(c Config) any { return folderOf(c.Recordings) }},
		{"store", func(c Config) any { return c.StoreAt.identity() }},
		{"store.lease", func(c Config) any { return c.Lease }},
		{"retention", func(c Config) any { return c.Retention }},
		{"limits", func(c Config) any { return c.Limits }},
		{"metrics", func(c Config) any { return [2]any{c.Metrics, c.MetricsToken} }},
		{"admin", func(c Config) any { return c.Admin.Listen }},
		{"reload", func(c Config) any { return c.Watch }},
		{"log", func(c Config) any { return c.logs }},
	}
}

// folderOf is the name of a folder of recordings, "" for what is none.
func folderOf(r Recordings) string {
	if f, ok := r.(*FolderRecordings); ok {
		return f.root.Name()
	}
	return ""
}
