package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ivrflow/ivrflow/runtime/ivrflow/dev"
	"github.com/ivrflow/ivrflow/runtime/server"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
	"github.com/ivrflow/ivrflow/testkit/graphsim/control"
)

// simOptions are the flags of graphsim.
type simOptions struct {
	listen, url, bot                string
	appID, secret, tenant, instance string
	settings, key, token            string
	cert, certKey, botCA, appCert   string
	format                          string
	insecure                        bool
	seed                            uint64
	oddities                        []string
}

func newGraphsim() *cobra.Command {
	o := simOptions{listen: "127.0.0.1:8080", bot: "http://127.0.0.1:3978" + server.WebhookPath, format: "text",
		appID: graphsim.DefaultAppID, secret: graphsim.DefaultSecret, tenant: graphsim.DefaultTenant, instance: graphsim.DefaultInstance}
	cmd := &cobra.Command{
		Use:   "graphsim",
		Short: "Run the simulated Graph alone, for bots in any language",
		Long: `Graphsim runs the simulated Microsoft Graph by itself: a bot in any language that
answers Teams calls can be tried and tested against it. It gives access tokens,
takes the call API on /v1.0 and /beta, plays and records, and posts signed
callbacks to the bot. The test rings, presses keys and looks at what was played
over HTTP, below /control: see ivrflow help simulator.

It needs nothing else. What a bot must know is printed at the start: addresses,
the bot's registration, and the thumbprint of the key that signs callbacks. The
key is new each time, unless --key names a file that keeps it.

An address without a host, such as :8080, is on this machine alone. Elsewhere
(0.0.0.0:8080) graphsim listens only with --control-token-file, and with TLS or
behind a proxy that has it. Between the containers of one test, on a network that
nobody else is in, --insecure-http does without TLS, as the service never does.

What happens is logged to standard error. At SIGINT or SIGTERM it ends and says
what went on. Time is real.`,
		Example: "  ivrflow graphsim\n  ivrflow graphsim --listen :8080 --bot http://127.0.0.1:9442/api/calls\n  ivrflow graphsim --settings strict.json --key sim.pem --format json\n  curl -X POST http://127.0.0.1:8080/control/calls",
		Args:    arguments(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if slices.Contains(o.oddities, "list") {
				fmt.Fprint(cmd.OutOrStdout(), dev.OddityHelp())
				return nil
			}
			return runGraphsim(cmd, o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.listen, "listen", o.listen, "address to listen on; port 0 takes a free one")
	f.StringVar(&o.url, "url", "", "the simulator's own address as the bot sees it, if that is not the one it listens on")
	f.StringVar(&o.bot, "bot", o.bot, "the bot's callback address, to which incoming calls are posted")
	f.StringVar(&o.appID, "app-id", o.appID, "the bot's application id")
	f.StringVar(&o.secret, "secret", o.secret, "the bot's client secret, which is none: it opens nothing but the simulator")
	f.StringVar(&o.appCert, "app-cert", "", "PEM file with a certificate, with whose key the bot may sign in place of its secret")
	f.StringVar(&o.tenant, "tenant", o.tenant, "the bot's tenant")
	f.StringVar(&o.instance, "instance", o.instance, "the bot's application instance (resource account)")
	f.StringVar(&o.settings, "settings", "", "JSON file with the set-up: settings, oddities, faults, people, further bots")
	f.Uint64Var(&o.seed, "seed", 0, "of ids and of what is left to chance")
	f.StringArrayVar(&o.oddities, "oddity", nil, "an odd behaviour of Graph, such as duplicates; \"list\" shows all; may be given again")
	f.StringVar(&o.key, "key", "", "PEM file with the key that signs callbacks; it is made if it is not there")
	f.StringVar(&o.token, "control-token-file", "", "file with the token that /control asks for")
	f.StringVar(&o.cert, "tls-cert", "", "PEM file with the certificate and its chain")
	f.StringVar(&o.certKey, "tls-key", "", "PEM file with the certificate's private key")
	f.StringVar(&o.botCA, "bot-ca", "", "PEM file with a certificate authority of the bot's certificate")
	f.BoolVar(&o.insecure, "insecure-http", false, "take plain http between machines, such as containers of one test; the service demands https")
	f.StringVar(&o.format, "format", o.format, "text or json")
	words(cmd, "format", "text", "json")
	words(cmd, "oddity", oddityNames()...)
	return cmd
}

func runGraphsim(cmd *cobra.Command, o simOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	cfg, err := o.config(cmd)
	if err != nil {
		return err
	}
	cert, err := o.certificate()
	if err != nil {
		return err
	}
	l, err := new(net.ListenConfig).Listen(cmd.Context(), "tcp", o.listen)
	if err != nil {
		return failuref("listening: %w", err)
	}
	cfg.BaseURL = cmp.Or(o.url, o.scheme()+"://"+l.Addr().String())
	cfg.Tell = o.teller(cmd.ErrOrStderr())
	sim, err := control.New(cfg)
	if err != nil {
		return errors.Join(&exitError{exitUsage, fmt.Errorf("graphsim: %w", err)}, l.Close())
	}
	o.introduce(cmd.OutOrStdout(), started{sim.Info(), l.Addr().String()})
	srv := server.HTTPServer(sim)
	srv.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError) // of connections that broke
	if cert != nil {
		srv.TLSConfig = cert
	}
	err = serveGraphsim(cmd.Context(), srv, sim, l)
	o.summarise(cmd.ErrOrStderr(), sim.Info().Sum)
	return err
}

// serveGraphsim serves until the context is over.
func serveGraphsim(ctx context.Context, srv *http.Server, sim *control.Server, l net.Listener) error {
	served := make(chan error, 1)
	go func() {
		if srv.TLSConfig != nil {
			served <- srv.ServeTLS(l, "", "")
			return
		}
		served <- srv.Serve(l)
	}()
	var failed error
	select {
	case <-ctx.Done():
	case failed = <-served:
	}
	sim.Close() // and with it whoever follows the log
	soon, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if err := srv.Shutdown(soon); err != nil {
		_ = srv.Close() // nobody waits for an answer any more
	}
	if failed == nil {
		failed = <-served
	}
	if errors.Is(failed, http.ErrServerClosed) {
		return nil
	}
	return failuref("serving: %w", failed)
}

var guidForm = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// check reads the addresses, and refuses those on which others would reach the
// control interface without a token, or see the bot's secret.
func (o *simOptions) check() error {
	if err := oneFormat(o.format, "text", "json"); err != nil {
		return err
	}
	host, port, err := net.SplitHostPort(o.listen)
	if err != nil {
		return usagef("--listen %s is no address; give one such as 127.0.0.1:8080 or :8080", o.listen)
	}
	if host == "" {
		o.listen = net.JoinHostPort("127.0.0.1", port)
	}
	here := host == "" || onLoopback(host)
	switch {
	case (o.cert == "") != (o.certKey == ""):
		return usagef("--tls-cert and --tls-key belong together; give both")
	case !here && o.token == "":
		return usagef("--listen %s is reachable from other machines, where anybody could ring the bot; give --control-token-file, or listen on 127.0.0.1:%s", o.listen, port)
	case !here && o.url == "" && everywhere(host):
		return usagef("--listen %s is no address that a bot can ask; give --url, such as https://sim.example.com", o.listen)
	}
	for _, id := range [][2]string{{"--app-id", o.appID}, {"--tenant", o.tenant}, {"--instance", o.instance}} {
		if id[1] != "" && !guidForm.MatchString(id[1]) {
			return usagef("%s %s is no GUID, as Entra gives them; give one, such as %s, or leave it out", id[0], id[1], graphsim.DefaultAppID)
		}
	}
	for _, name := range o.oddities {
		if known := oddityWords(); !slices.Contains(known, name) {
			return usagef("--oddity %s: Graph has no such oddity%s", name, hint(name, known, "--oddity list shows all"))
		}
	}
	return errors.Join(o.checkURL("--url", o.url, "give --tls-cert and --tls-key, or the https address of a proxy as --url, or --insecure-http"),
		o.checkURL("--bot", o.bot, "give the bot a certificate, and --bot-ca if it is of its own making, or --insecure-http"))
}

// checkURL refuses plain HTTP to other machines.
func (o *simOptions) checkURL(flag, text, mend string) error {
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return usagef("%s %s is no address; give one such as http://127.0.0.1:3978%s", flag, text, map[string]string{"--bot": server.WebhookPath}[flag])
	case u.Scheme == "http" && !o.insecure && !onLoopback(u.Hostname()):
		return usagef("%s %s is plain http to another machine, which would carry tokens in clear; %s", flag, text, mend)
	}
	return nil
}

func (o *simOptions) scheme() string {
	if o.cert != "" {
		return "https"
	}
	return "http"
}

func onLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.Unmap().IsLoopback()
}

// everywhere says that a host stands for all addresses of this machine.
func everywhere(host string) bool {
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsUnspecified()
}

func oddityWords() []string {
	var names []string
	for _, n := range oddityNames() {
		name, _, _ := strings.Cut(n, "\t")
		names = append(names, name)
	}
	return names
}

// setup reads the file of --settings, and lays the flags over it.
func (o *simOptions) setup(cmd *cobra.Command) (control.Setup, error) {
	var setup control.Setup
	if o.settings != "" {
		text, err := os.ReadFile(o.settings)
		if err != nil {
			return setup, failuref("reading the set-up: %w", err)
		}
		if setup, err = control.ReadSetup(text); err != nil {
			return setup, &exitError{exitFindings, fmt.Errorf("%s: %w", o.settings, err)}
		}
	}
	if cmd.Flags().Changed("seed") {
		setup.Seed = o.seed
	}
	if cmd.Flags().Changed("bot") {
		setup.Bot = ""
	}
	for _, name := range o.oddities {
		if name == dev.SomeOddities {
			setup.SomeOddities = true
			continue
		}
		setup.Oddities = append(setup.Oddities, graphsim.Oddity(name))
	}
	return setup, nil
}

// teller writes the log.
func (o *simOptions) teller(out io.Writer) func(control.Entry) {
	if o.format == "text" {
		return func(e control.Entry) { fmt.Fprintln(out, e.Line()) }
	}
	enc := json.NewEncoder(out)
	return func(e control.Entry) { _ = enc.Encode(e) } // there is nobody else to tell
}

// started is what a bot must know.
type started struct {
	control.Info
	Listening string `json:"listening"`
}

// introduce prints what a bot must know.
func (o *simOptions) introduce(out io.Writer, i started) {
	if o.format == "json" {
		_ = json.NewEncoder(out).Encode(i) // a failure is checkedWriter's
		return
	}
	secret := "as it was given"
	if o.secret == graphsim.DefaultSecret {
		secret = o.secret
	}
	fmt.Fprintf(out, "The simulated Graph is at %s\n\n", i.URL)
	for _, line := range [][2]string{
		{"listening on", i.Listening}, {"call API", strings.Join(i.Graph, " and ")}, {"tokens", i.TokenURL}, {"metadata", i.Metadata}, {"key thumbprint", i.Thumbprint},
		{"application id", i.AppID}, {"client secret", secret}, {"tenant", i.Tenant}, {"instance", i.Instance},
		{"calls are posted to", i.Bot}, {"control", i.Control},
	} {
		fmt.Fprintf(out, "  %-20s %s\n", line[0], line[1])
	}
	for _, a := range i.Setup.Apps {
		fmt.Fprintf(out, "  %-20s %s, calls are posted to %s\n", "another bot", a.ID, a.Bot)
	}
	fmt.Fprintf(out, "\nTo ring the bot: curl -X POST %s/calls; to end: ctrl-C\n", i.Control)
}

// summarise says what went on.
func (o *simOptions) summarise(out io.Writer, sum control.Summary) {
	if o.format == "json" {
		_ = json.NewEncoder(out).Encode(map[string]control.Summary{"sum": sum}) // there is nobody else to tell
		return
	}
	fmt.Fprintln(out, "The simulated Graph ends:", sum.Line())
}
