package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/tell"
	"github.com/ivrflow/ivrflow/runtime/admin"
	"github.com/ivrflow/ivrflow/runtime/bot"
)

// apiOptions say whose admin API is asked.
type apiOptions struct {
	api       string
	tokenFile string
}

func (o *apiOptions) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.api, "api", "http://"+bot.DefaultAdmin, "address of the bot's admin API")
	cmd.Flags().StringVar(&o.tokenFile, "token-file", "", "file that holds a token with the role operate")
}

const aboutAPI = `

It asks the admin API of a running bot, of any of its nodes: see ivrflow help api.`

func newCallsHangUp() *cobra.Command {
	var o apiOptions
	cmd := &cobra.Command{
		Use:   "hangup CALL",
		Short: "Hang a call up",
		Long: `Hangup ends a live call without a word; the flow's on_end follows. CALL is its
session, or Graph's id of it. It returns when the wish is stored.` + aboutAPI,
		Example: "  ivrflow calls hangup fOXoPxYggsxDHiS_LHfhrQ --token-file token",
		Args:    arguments(1, 1, "the id of one call"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.act(cmd, args[0], "hangup", nil)
		},
	}
	o.flags(cmd)
	return cmd
}

func newCallsTransfer() *cobra.Command {
	var o apiOptions
	cmd := &cobra.Command{
		Use:   "transfer CALL TARGET",
		Short: "Hand a call over",
		Long: `Transfer hands a live call over, whatever its flow does. TARGET is user:ID,
phone:NUMBER, application:ID or voicemail:ID, where an ID is an object id and a
NUMBER begins with +. It returns when the wish is stored; calls show tells what
came of it.` + aboutAPI,
		Example: "  ivrflow calls transfer fOXoPxYggsxDHiS_LHfhrQ phone:+442071838750 --token-file token",
		Args:    arguments(2, 2, "the id of one call, and the target"),
		RunE: func(cmd *cobra.Command, args []string) error {
			to, err := targetOf(args[1])
			if err != nil {
				return err
			}
			return o.act(cmd, args[0], "transfer", admin.TransferRequest{To: to})
		},
	}
	o.flags(cmd)
	return cmd
}

// targetOf reads KIND:ID.
func targetOf(text string) (to admin.Target, err error) {
	kind, id, _ := strings.Cut(text, ":")
	kinds := map[string]*string{"user": &to.User, "phone": &to.Phone, "application": &to.Application, "voicemail": &to.Voicemail}
	if kinds[kind] == nil || id == "" {
		return to, usagef("the target is user:ID, phone:NUMBER, application:ID or voicemail:ID, not %q", tell.Clean(text))
	}
	*kinds[kind] = id
	return to, nil
}

func newCallsSignal() *cobra.Command {
	var o apiOptions
	cmd := &cobra.Command{
		Use:   "signal CALL NAME",
		Short: "Send a call's flow a signal",
		Long: `Signal sends the flow of a live call a signal, which ends a wait step for it, also
one that comes later in the call.` + aboutAPI,
		Example: "  ivrflow calls signal fOXoPxYggsxDHiS_LHfhrQ approved --token-file token",
		Args:    arguments(2, 2, "the id of one call, and the name of the signal"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.act(cmd, args[0], "signal", admin.SignalRequest{Name: args[1]})
		},
	}
	o.flags(cmd)
	return cmd
}

// dialOptions are the flags of calls dial.
type dialOptions struct {
	apiOptions
	params []string
	json   string
	key    string
	from   string
	tenant string
}

func newCallsDial() *cobra.Command {
	var o dialOptions
	cmd := &cobra.Command{
		Use:   "dial FLOW",
		Short: "Have an outgoing flow run",
		Long: `Dial has a flow of kind outgoing run, and prints its session. The key names the
order: the same order told again with its key begins nothing, and the session of
the first time is printed. Without --key it has one that is not used again.` + aboutAPI,
		Example: "  ivrflow calls dial reminder --param number=+442071838750 --key 2026-11-28/17 --token-file token",
		Args:    arguments(1, 1, "the name of one flow"),
		RunE:    func(cmd *cobra.Command, args []string) error { return o.dial(cmd, args[0]) },
	}
	o.flags(cmd)
	cmd.Flags().StringArrayVar(&o.params, "param", nil, "a parameter of the flow as NAME=TEXT; once for each")
	cmd.Flags().StringVar(&o.json, "params", "", "all parameters as a JSON object, for those that are no texts")
	cmd.Flags().StringVar(&o.key, "key", "", "names the order")
	cmd.Flags().StringVar(&o.from, "from", "", "object id of the resource account that calls")
	cmd.Flags().StringVar(&o.tenant, "tenant", "", "the tenant, if the bot serves several")
	return cmd
}

func (o dialOptions) dial(cmd *cobra.Command, flow string) error {
	order := admin.Order{Flow: flow, From: o.from, Tenant: o.tenant, Params: map[string]any{}}
	if o.json != "" && json.Unmarshal([]byte(o.json), &order.Params) != nil {
		return usagef("--params is no JSON object")
	}
	for _, p := range o.params {
		name, value, ok := strings.Cut(p, "=")
		if !ok || name == "" {
			return usagef("--param is NAME=TEXT, not %q", tell.Clean(p))
		}
		order.Params[name] = value
	}
	key := cmp.Or(o.key, rand.Text())
	var d admin.Dialled
	err := o.post(cmd.Context(), "/v1/calls", key, order, &d)
	if _, unclear := errors.AsType[*url.Error](err); unclear && o.key == "" {
		return failuref("%w; whether the call began is not known: ask again with --key %s, which calls nobody twice", err, key)
	}
	if err != nil {
		return err
	}
	fmt.Fprintln(cmd.OutOrStdout(), d.Session)
	if !d.Fresh {
		fmt.Fprintln(cmd.ErrOrStderr(), "ivrflow: the order had been carried out before")
	}
	return nil
}

// act asks for something to be done with a call, and prints its session.
func (o apiOptions) act(cmd *cobra.Command, id, what string, body any) error {
	var d admin.Done
	if err := o.post(cmd.Context(), "/v1/calls/"+url.PathEscape(id)+"/"+what, "", body, &d); err != nil {
		return err
	}
	fmt.Fprintln(cmd.OutOrStdout(), d.Session)
	return nil
}

// post makes a request and reads the answer. A problem is a finding.
func (o apiOptions) post(ctx context.Context, path, key string, body, answer any) error {
	address, token, err := o.place()
	if err != nil {
		return err
	}
	var text []byte
	if body != nil {
		if text, err = json.Marshal(body); err != nil {
			return failuref("%w", err)
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address+path, bytes.NewReader(text))
	if err != nil {
		return usagef("--api: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+token.Reveal())
	req.Header.Set("Content-Type", "application/json")
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	client := http.Client{Timeout: 30 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		return failuref("%w; see that the bot runs and its configuration has admin, and name its address with --api", err)
	}
	defer res.Body.Close()
	const most = 1 << 20
	text, err = io.ReadAll(io.LimitReader(res.Body, most))
	if err != nil {
		return failuref("%w", &url.Error{Op: "Post", URL: address + path, Err: err})
	}
	var p admin.Document
	switch {
	case res.StatusCode < http.StatusMultipleChoices && json.Unmarshal(text, answer) == nil:
		return nil
	case json.Unmarshal(text, &p) == nil && p.Detail != "":
		return &exitError{exitFindings, fmt.Errorf("%s (%d)", tell.Clean(p.Detail), res.StatusCode)}
	}
	return failuref("%s answered %s, and not as an admin API does", address, res.Status)
}

// place reads where the API is, and the token.
func (o apiOptions) place() (address string, token ivr.Secret, err error) {
	u, err := url.Parse(o.api)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" {
		return "", token, usagef("--api is an address such as http://%s", bot.DefaultAdmin)
	}
	if ip, err := netip.ParseAddr(u.Hostname()); u.Scheme == "http" && u.Hostname() != "localhost" && (err != nil || !ip.IsLoopback()) {
		return "", token, usagef("--api: the token would travel in the clear to %s; write https", u.Host)
	}
	if o.tokenFile == "" {
		return "", token, usagef("--token-file is missing: the file that holds a token of the bot's admin API")
	}
	info, err := os.Stat(o.tokenFile)
	if err == nil && runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return "", token, failuref("the file %q can be read by others; run: chmod 600 %s", o.tokenFile, o.tokenFile)
	}
	text, err := os.ReadFile(o.tokenFile)
	if err != nil {
		if e, ok := errors.AsType[*fs.PathError](err); ok {
			err = e.Err
		}
		return "", token, failuref("the file %q cannot be read: %w", o.tokenFile, err)
	}
	words := strings.Fields(string(text))
	if len(words) != 1 {
		return "", token, failuref("the file %q holds not one token alone, but %d words", o.tokenFile, len(words))
	}
	return strings.TrimSuffix(u.String(), "/"), ivr.NewSecret(words[0]), nil
}
