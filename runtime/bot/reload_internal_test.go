package bot

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/prompt"
)

const (
	reloadConfig = `app_id: 6f1d3c52-9a4b-4e0e-8d27-3b5f0c9e7a11
secret: {env: BOT_SECRET}
tenants: [b41b72d0-4e9f-4c26-8a69-f949f367c91d]
public_url: https://bot.example.com
flows: [main.ivr.yaml]
recordings: recordings
`
	reloadFlow = `ivr: 1
flow: main
prompts: prompts
start: hello
states:
  hello:
    - play: welcome
    - menu: welcome
      tries: 2
      keys:
        "1": [{play: {silence: 1s}}, end]
        "2": other
      gave_up: other
  other:
    - play: {silence: 2s}
    - end
`
)

// project is a bot that was loaded from files, and its log.
type project struct {
	dir  string
	bot  *Bot
	log  *lines
	how  Reloads
	stop func()
}

func newProject(t *testing.T) *project {
	t.Helper()
	p := &project{dir: t.TempDir(), log: newLines()}
	p.write(t, "bot.yaml", reloadConfig)
	p.write(t, "main.ivr.yaml", reloadFlow)
	p.write(t, "prompts/en-US.prompts.yaml", "welcome: {file: welcome.wav}\n")
	p.write(t, "prompts/welcome.wav", string(prompt.Tone(time.Second, "welcome")))
	p.how = Reloads{Path: filepath.Join(p.dir, "bot.yaml"), Every: 5 * time.Millisecond,
		Loader: ConfigLoader{Files: &Files{}, LogTo: p.log, Env: func(string) (string, bool) { return "s", true }}}
	cfg, list, err := p.how.Loader.Load(p.how.Path)
	if err != nil || list.HasErrors() {
		t.Fatalf("%v\n%s", err, list)
	}
	cfg.Transport = nowhere{}
	if p.bot, err = New(cfg); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *project) write(t *testing.T, name, text string) {
	t.Helper()
	full := filepath.Join(p.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(full), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// follow has the bot follow its files until the test is over.
func (p *project) follow(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var following sync.WaitGroup
	following.Go(func() { p.bot.Follow(ctx, p.how) })
	p.stop = func() { cancel(); following.Wait() }
	t.Cleanup(p.stop)
}

// lines is a log that can be waited for.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
	read int
	more chan struct{} // closed with each line
}

func newLines() *lines { return &lines{more: make(chan struct{})} }

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.more)
	l.more = make(chan struct{})
	return l.text.Write(p)
}

// await waits for a pattern behind what was awaited before.
func (l *lines) await(t *testing.T, pattern string) {
	t.Helper()
	re := regexp.MustCompile(pattern)
	limit := time.After(20 * time.Second)
	for {
		l.mu.Lock()
		at, more := re.FindIndex(l.text.Bytes()[l.read:]), l.more
		if at != nil {
			l.read += at[1]
		}
		l.mu.Unlock()
		if at != nil {
			return
		}
		select {
		case <-more:
		case <-limit:
			t.Fatalf("no line %s behind byte %d of\n%s", pattern, l.read, l.text.String())
		}
	}
}

// The bot takes what its files say when they have changed, and refuses what is
// wrong, with its place.
func TestFollowFiles(t *testing.T) {
	p := newProject(t)
	p.how.Watch = true
	p.follow(t)
	first := versionPicked(p.bot)
	p.write(t, "main.ivr.yaml", reloadFlow+"    - play: {silence: 3s}\n")
	p.log.await(t, `level=ERROR msg=finding at=\S*main.ivr.yaml:17:7 rule=unreachable-step`)
	p.log.await(t, `msg="configuration refused: the one before goes on"`)
	if versionPicked(p.bot) != first {
		t.Error("a flow with errors took the place of the one before")
	}
	p.write(t, "main.ivr.yaml", strings.Replace(reloadFlow, "2s", "3s", 1))
	p.log.await(t, `msg="configuration taken" file=\S+ flows="main `+first[:12]+` -> [0-9a-f]{12}"`)
	second := versionPicked(p.bot)
	p.write(t, "prompts/welcome.wav", string(prompt.Tone(2*time.Second, "welcome")))
	p.log.await(t, `flows="main `+second[:12]+` -> `)
	// What was looked for and not there counts, too.
	p.write(t, "main.ivr.yaml", strings.Replace(reloadFlow, "    - end", "    - call: sub\n    - end", 1))
	p.log.await(t, `rule=unknown-flow`)
	p.log.await(t, `configuration refused`)
	p.write(t, "sub.ivr.yaml", "ivr: 1\nflow: sub\nstart: a\nstates: {a: [{play: {silence: 1s}}, return]}\n")
	p.log.await(t, `msg="configuration taken"`)
	p.write(t, "bot.yaml", reloadConfig+"listen: \":9443\"\nphones: [\"+44\"]\ndefault: main\n")
	p.log.await(t, `msg="configuration taken" file=\S+ flows="" keys="routes phones"`)
	p.log.await(t, `level=WARN msg="part of the configuration needs a restart" file=\S+ keys=listen`)
	if err := p.bot.mayCall(ivr.Target{Kind: ivr.PartyPhone, ID: "+442071838750"}); err != nil {
		t.Error(err)
	}
}

// Who did not have the first Load note its files can have them watched all the same.
func TestFollowFilesThatNobodyNoted(t *testing.T) {
	p := newProject(t)
	p.how.Watch, p.how.Loader.Files = true, nil
	read := make(chan struct{})
	env := p.how.Loader.Env
	var once sync.Once
	p.how.Loader.Env = func(name string) (string, bool) {
		once.Do(func() { close(read) }) // the file, and its flows come after it
		return env(name)
	}
	p.follow(t)
	<-read
	p.write(t, "bot.yaml", reloadConfig+"phones: [\"+44\"]\n")
	p.log.await(t, `msg="configuration taken" file=\S+ flows="" keys=phones`)
}

// A signal has the files read at once; without Watch nothing else does.
func TestFollowSignals(t *testing.T) {
	p := newProject(t)
	now := make(chan os.Signal)
	p.how.Now = now
	p.follow(t)
	was := versionPicked(p.bot)
	p.write(t, "main.ivr.yaml", strings.Replace(reloadFlow, "2s", "3s", 1))
	now <- os.Interrupt
	p.log.await(t, `flows="main `+was[:12]+` -> `)
	now <- os.Interrupt
	p.log.await(t, `msg="configuration read again: nothing has changed"`)
	p.write(t, "bot.yaml", "flows: [")
	now <- os.Interrupt
	p.log.await(t, `at=\S*bot.yaml:1:`)
	p.log.await(t, `configuration refused`)
	p.write(t, "bot.yaml", strings.Replace(reloadConfig, "main.ivr", "none.ivr", 1))
	now <- os.Interrupt
	p.log.await(t, `at=\S*bot.yaml:5:9 rule=file`)
	p.stop()
	p.write(t, "bot.yaml", reloadConfig)
}

// Without a store nothing changes, and once it is there again the new version is
// taken.
func TestFollowWithoutTheStore(t *testing.T) {
	p := newProject(t)
	shelf := newShelf()
	p.bot.versions.kept = shelf
	now := make(chan os.Signal)
	p.how.Now = now
	p.follow(t)
	was := versionPicked(p.bot)
	shelf.set(true)
	p.write(t, "main.ivr.yaml", strings.Replace(reloadFlow, "2s", "3s", 1))
	now <- os.Interrupt
	p.log.await(t, `configuration refused.*the store does not take the versions`)
	if versionPicked(p.bot) != was {
		t.Error("calls may begin with a version that is not kept")
	}
	shelf.set(false)
	p.log.await(t, `flows="main `+was[:12]+` -> `)
}

// Versions that are loaded one after another have what they share in memory once.
func TestReloadSharesAudio(t *testing.T) {
	p := newProject(t)
	was := p.bot.pick(ivr.CallIncoming{}).flow
	p.write(t, "main.ivr.yaml", strings.Replace(reloadFlow, "2s", "3s", 1))
	if _, err := p.bot.Reload(t.Context(), p.how); err != nil {
		t.Fatal(err)
	}
	is := p.bot.pick(ivr.CallIncoming{}).flow
	for hash, wav := range is.Audio() {
		own, _ := was.Catalogue.Audio(hash)
		if &own[0] != &wav[0] {
			t.Errorf("two versions have the file %.12s in memory twice", hash)
		}
	}
	if is.Version == was.Version {
		t.Error("the version is the same")
	}
}

// A file that is being written is not read before it keeps still.
func TestFilesThatMove(t *testing.T) {
	p := newProject(t)
	files := p.how.Loader.Files
	look := func(last map[string]stamp, wantStill bool) map[string]stamp {
		t.Helper()
		now, still := files.still(last)
		if still != wantStill {
			t.Errorf("still %t, want %t", still, wantStill)
		}
		return now
	}
	if now := look(nil, false); now != nil {
		t.Errorf("nothing has changed, and %d files were looked at", len(now))
	}
	p.write(t, "main.ivr.yaml", "ivr: 1\n")
	now := look(nil, false)
	p.write(t, "main.ivr.yaml", "ivr: 1\nflow: main\n")
	now = look(now, false)
	look(now, true)
	p.write(t, "main.ivr.yaml", reloadFlow+"#")
	p.write(t, "prompts/de-DE.prompts.yaml", "")
	look(look(nil, false), true)
}

var word = regexp.MustCompile(`[A-Za-z_][A-Za-z0-9_.]*|[0-9]+|\s+|.`)

// Of 200 damaged flows those that are refused change nothing, for nobody.
func TestReloadMutants(t *testing.T) {
	p := newProject(t)
	in := ivr.CallIncoming{Head: ivr.Head{Leg: ivr.CallerLeg}, Call: "c1", Tenant: "b41b72d0-4e9f-4c26-8a69-f949f367c91d"}
	if err := p.bot.begin(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	live := p.bot.pick(in).flow
	words := word.FindAllString(reloadFlow, -1)
	random := rand.New(rand.NewPCG(1, 2))
	refused, taken := 0, 0
	for range 200 {
		text := slices.Clone(words)
		i, j := random.IntN(len(text)), random.IntN(len(text))
		switch random.IntN(3) {
		case 0:
			text = slices.Delete(text, i, i+1)
		case 1:
			text = slices.Insert(text, i, text[j])
		case 2:
			text[i], text[j] = text[j], text[i]
		}
		mutant := strings.Join(text, "")
		p.write(t, "main.ivr.yaml", mutant)
		was := p.bot.settings.Load()
		_, err := p.bot.Reload(t.Context(), p.how)
		is := p.bot.settings.Load()
		if (err != nil) != (is == was) {
			t.Errorf("error %v, and the settings are the same: %t, with\n%s", err, is == was, mutant)
		}
		if err == nil {
			taken++
			continue
		}
		refused++
		if f := p.bot.pick(in).flow; is.flows[f.Name].flow != f || was.flows[f.Name].flow != f {
			t.Errorf("a refused flow took a place:\n%s", mutant)
		}
	}
	if f, err := p.bot.flowVersion(t.Context(), live.Version); err != nil || f != live {
		t.Errorf("the version of the live call: %v", err)
	}
	if refused < 50 || taken < 10 {
		t.Errorf("%d were refused and %d taken: the mutants prove little", refused, taken)
	}
}
