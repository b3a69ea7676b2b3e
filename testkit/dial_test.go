package testkit_test

import (
	"context"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/testkit"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

const (
	bank      = "testdata/bank_balance/bank_balance.ivr.yaml"
	frontdesk = "testdata/frontdesk/frontdesk.ivr.yaml"
	desk      = "5f0c7c7e-0000-4000-8000-000000000001"
)

// loadText loads a flow that is a file of its own.
func loadText(t *testing.T, text string) *flow.Flow {
	t.Helper()
	f, list, err := flow.Load(fstest.MapFS{"f.ivr.yaml": {Data: []byte(text)}}, "f.ivr.yaml")
	if err != nil || f == nil {
		t.Fatalf("%v\n%s", err, list)
	}
	return f
}

func TestDial(t *testing.T) {
	call := testkit.Dial(t, bank, testkit.Given{
		Actions: map[string][]testkit.Reply{
			"verify":      testkit.Returns("wrong", "ok"),
			"get_balance": {{Out: map[string]any{"balance": "12.50"}, After: 2 * time.Second}},
		},
		Caller: ivr.Party{Kind: ivr.PartyPhone, ID: "+442071838750"},
	})
	call.Hears("welcome", "enter_account").Press("12345674#").
		Hears("enter_pin").HearsEnd("then_pound").Press("0000#").
		Hears("wrong_pin").Silence(testkit.NoInput).Press("1111#").
		Hears("music_short", "Twelve pounds").Wait(time.Second).
		Hears("again_or_agent").Press("*").Hears("goodbye").Ended(ivr.EndedByFlow).
		NeverHeard("locked")
	want := map[string]any{"account": "12345674", "pin": "1111", "balance": "12.50 GBP"}
	if got := call.Vars(); !reflect.DeepEqual(got, want) {
		t.Errorf("variables %v, want %v", got, want)
	}
	if got, want := call.Actions(), []string{"verify", "verify", "get_balance"}; !slices.Equal(got, want) {
		t.Errorf("actions %v, want %v", got, want)
	}
}

func TestDialLoadedFlow(t *testing.T) {
	f, list, err := flow.Load(os.DirFS("testdata/frontdesk"), "frontdesk.ivr.yaml")
	if f == nil {
		t.Fatal(err, list)
	}
	call := testkit.Dial(t, f, testkit.Given{
		Config:  map[string]any{"sales": desk},
		Targets: map[string]graphsim.Behaviour{desk: graphsim.NoAnswer},
	})
	call.Strict().Hears("greeting", "choose").Press("1").Hears("sales_busy", "after_beep").
		Records(2 * time.Second).HangUp().Ended(ivr.EndedByCaller)
	if got, want := call.Milestones(), []string{"menu", "left"}; !slices.Equal(got, want) {
		t.Errorf("milestones %v, want %v", got, want)
	}
	testkit.Dial(t, f, testkit.Given{Config: map[string]any{"sales": desk}}).Press("1").
		Transferred(ivr.Target{Kind: ivr.PartyUser, ID: desk})
}

// The bot's own actions run in tests too.
func TestRegister(t *testing.T) {
	type in struct{ Message string }
	type out struct {
		Ticket string `json:"ticket"`
	}
	register := func(b *bot.Bot) error {
		return bot.RegisterAction(b, bot.Action[in, out]{Name: "open_ticket", Outcomes: []string{"ok", "full"},
			Do: func(_ context.Context, i in) (out, string, error) {
				if i.Message == "" {
					return out{}, "", fmt.Errorf("no message")
				}
				return out{Ticket: "99"}, "ok", nil
			}})
	}
	testkit.DialWith(t, frontdesk, testkit.Given{}, testkit.Options{Register: register}).
		Press("2").Records(3*time.Second).Hears("thanks", "nine, nine").Ended(ivr.EndedByFlow)
	broken := testkit.DialWith(t, frontdesk, testkit.Given{}, testkit.Options{Register: func(b *bot.Bot) error {
		return bot.RegisterAction(b, bot.Action[in, out]{Name: "open_ticket", Outcomes: []string{"ok", "full"}, Do: func(context.Context, in) (out, string, error) { panic("no printer") }})
	}})
	broken.Press("2").Records(3 * time.Second).Ended("")
	if !slices.ContainsFunc(broken.Conversation(), func(l testkit.Line) bool {
		return l.Who == "flow" && strings.Contains(l.What, "action open_ticket panicked: no printer")
	}) {
		t.Errorf("what broke is not told:\n%v", broken.Conversation())
	}
}

// reporter stands for a test that fails.
type reporter struct {
	testing.TB
	failed bool
	text   string
	clean  []func()
}

type stopped struct{}

func (r *reporter) Helper()           {}
func (r *reporter) Failed() bool      { return r.failed }
func (r *reporter) Cleanup(f func())  { r.clean = append(r.clean, f) }
func (r *reporter) Error(args ...any) { r.failed, r.text = true, r.text+fmt.Sprint(args...) }
func (r *reporter) Fatal(args ...any) { r.Error(args...); panic(stopped{}) }
func (r *reporter) Fatalf(format string, args ...any) {
	r.Fatal(fmt.Sprintf(format, args...))
}

// run plays a test that should fail and tells what it said.
func (r *reporter) run(f func(testing.TB)) (text string) {
	defer func() {
		for _, clean := range r.clean {
			clean()
		}
		text = r.text
	}()
	defer func() {
		if p := recover(); p != nil && p != (stopped{}) {
			panic(p)
		}
	}()
	f(r)
	return ""
}

func TestDialFailures(t *testing.T) {
	for name, tc := range map[string]struct {
		play func(testing.TB)
		want []string
	}{
		"unknown prompt": {
			func(t testing.TB) { testkit.Dial(t, bank, testkit.Given{}).Hears("welcom") },
			[]string{`no prompt "welcom"; did you mean "welcome"?`},
		},
		"not heard": {
			func(t testing.TB) { testkit.Dial(t, bank, testkit.Given{}).Hears("welcome", "locked") },
			[]string{"expected: to hear locked", "instead:  heard enter_account", bank + ":24:7, step welcome.1", "- play: welcome", "caller  rings"},
		},
		"no such file": {
			func(t testing.TB) { testkit.Dial(t, "testdata/none.ivr.yaml", testkit.Given{}) },
			[]string{"testdata/none.ivr.yaml"},
		},
		"flow with errors": {
			func(t testing.TB) { testkit.Dial(t, "testdata/err/broken.ivr.yaml", testkit.Given{}) },
			[]string{"the flow has errors", `no state "mian"`},
		},
		"unknown action": {
			func(t testing.TB) {
				testkit.Dial(t, bank, testkit.Given{Actions: map[string][]testkit.Reply{"verfy": testkit.Returns("ok"), "verify": testkit.Returns("lost")}})
			},
			[]string{`no action "verfy"; did you mean "verify"?`, `verify has no outcome "lost"; it has "ok", "wrong", "locked" or "failed"`},
		},
		"unknown output": {
			func(t testing.TB) {
				testkit.Dial(t, bank, testkit.Given{Actions: map[string][]testkit.Reply{"get_balance": {{Out: map[string]any{"ballance": 1}}}}})
			},
			[]string{`no output "ballance"; did you mean "balance"?`},
		},
		"bad keys": {
			func(t testing.TB) { testkit.Dial(t, bank, testkit.Given{}).Press("1x") },
			[]string{`"x" is not a key`},
		},
		"bad silence": {
			func(t testing.TB) { testkit.Dial(t, bank, testkit.Given{}).Silence("forever") },
			[]string{`"no_input" or "gave_up", not "forever"`},
		},
		"bad WAV": {
			func(t testing.TB) { testkit.Dial(t, bank, testkit.Given{}).RecordsWAV([]byte("RIFF")) },
			[]string{"the caller cannot speak that"},
		},
		"missing reply at the end": {
			func(t testing.TB) { testkit.Dial(t, bank, testkit.Given{}).Press("12345674#").Press("1234#") },
			[]string{"the flow does verify", "mend:     add given: {verify: ok}", bank + ":33:7, step login.2"},
		},
		"unknown configuration": {
			func(t testing.TB) { testkit.Dial(t, bank, testkit.Given{Config: map[string]any{"x": 1}}) },
			[]string{`does not declare the configuration value "x"`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := new(reporter).run(tc.play)
			for _, want := range tc.want {
				if !strings.Contains(got, want) {
					t.Errorf("%q is missing in:\n%s", want, got)
				}
			}
		})
	}
}

// The same file twice, by one worker and by many, is the same in every word.
func TestDeterminism(t *testing.T) {
	var first testkit.Report
	for i, workers := range []int{1, 4, 2} {
		rep, list, err := testkit.RunFile(t.Context(), "testdata/frontdesk/frontdesk.ivr-test.yaml", testkit.Options{Workers: workers})
		if err != nil || len(list) > 0 {
			t.Fatal(err, list)
		}
		for j := range rep.Tests {
			rep.Tests[j].Took = 0
		}
		if i == 0 {
			first = rep
		}
		if !reflect.DeepEqual(rep, first) {
			for j := range rep.Tests {
				if !reflect.DeepEqual(rep.Tests[j], first.Tests[j]) {
					t.Errorf("%q differs: %v\n%v", rep.Tests[j].Name, rep.Tests[j], first.Tests[j])
				}
			}
		}
	}
}

func TestRunFile(t *testing.T) {
	rep, list, err := testkit.RunFile(t.Context(), bank, testkit.Options{Only: func(name string) bool { return strings.HasPrefix(name, "caller") }})
	if err != nil || len(list) > 0 || !rep.Passed() || len(rep.Tests) != 1 {
		t.Errorf("got %+v, %v, %v; want one test that passed", rep, list, err)
	}
	if r := rep.Tests[0]; r.Requests < 10 || r.Length <= 0 || len(r.Conversation) == 0 || r.String() != "" {
		t.Errorf("the result tells too little: %+v", r)
	}
	if _, _, err := testkit.RunFile(t.Context(), "testdata/none.ivr.yaml", testkit.Options{}); !os.IsNotExist(err) && err == nil {
		t.Errorf("a missing file: got %v", err)
	}
	if _, _, err := testkit.RunFile(t.Context(), "bank.yaml", testkit.Options{}); err == nil || !strings.Contains(err.Error(), "neither a flow") {
		t.Errorf("another file: got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if rep, _, err := testkit.RunFile(ctx, bank, testkit.Options{}); err == nil || len(rep.Tests) > 0 {
		t.Errorf("a cancelled run: got %v, %v", rep, err)
	}
}

func TestRunFileElsewhere(t *testing.T) {
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	rep, list, err := testkit.RunFile(t.Context(), dir+"/"+bank, testkit.Options{})
	if err != nil || len(list) > 0 || !rep.Passed() {
		t.Errorf("by an absolute name: %v %v %v", rep, list, err)
	}
	rep, list, err = testkit.RunFile(t.Context(), "bank_balance.ivr-test.yaml", testkit.Options{FS: os.DirFS("testdata/bank_balance")})
	if err != nil || len(list) > 0 || !rep.Passed() {
		t.Errorf("in a file system: %v %v %v", rep, list, err)
	}
}
